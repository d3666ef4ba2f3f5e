"""Boundaries of villages: taken from GeoJSON, and looked up when a point is judged."""

from collections.abc import Iterator
from typing import Annotated, Any, BinaryIO

import msgspec

from server.hub.errors import UsageError
from server.hub.geojson import features
from server.hub.simplify import PLACES_MIN, simplified
from server.settings import Settings
from server.store.base import Unit
from server.store.boundaries import BoundaryLoad, BoundaryRow
from sync.area import is_village, regency_of
from sync.polygons import Shape, box_of

DECIMALS = 5
"""Decimals of a degree that are kept: 1.1 m."""

PHONE_TOLERANCE_DEGREES = 0.0003
"""How far a simplified boundary may lie from the whole one: 33 m, in the range of a phone's GPS."""

CODE_PROPERTIES = ("code", "kode")
SKIPPED_NAMED_MAX = 10

_Position = Annotated[list[float], msgspec.Meta(min_length=2)]
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(list[list[list[tuple[float, float]]]]).decode

REMEMBERED_MAX = 2_000
"""Boundaries that an atlas keeps decoded: a province has 1,571, which take 20 MB."""


class LoadedBoundaries(msgspec.Struct, frozen=True):
    """How many villages have a boundary now, and what the first of the other features were.

    ``unlisted``: how many of the villages are not in the area list.
    """

    villages: int
    skipped: int
    unlisted: int
    examples: tuple[str, ...]


def load_boundaries(
    unit: Unit,
    file: BinaryIO,
    settings: Settings,
    *,
    file_name: str,
    now_ms: int,
    code_property: str | None = None,
) -> LoadedBoundaries:
    """Take the boundaries of a GeoJSON file in place of all that its regencies had.

    A feature counts whose property ``code_property`` (``None``: ``code`` or ``kode``) is the
    dotted code of a village and whose geometry is a Polygon or MultiPolygon; parts of one
    village may stand in several features. Where none counts, nothing changes. Raises UsageError
    for what is no GeoJSON, and for a file without a feature.
    """
    properties = CODE_PROPERTIES if code_property is None else (code_property,)
    shapes: dict[str, list[bytes]] = {}  # as JSON, a sixth of the size: a country has 84,000 villages
    skipped: list[str] = []
    for number, feature in enumerate(features(file, feature_bytes_max=settings.boundary_bytes_max), start=1):
        code, shape = _code_of(feature, properties), _shape_of(feature.get("geometry"))
        if is_village(code) and shape:
            shapes.setdefault(code, []).append(_encode(shape))
        else:
            skipped.append(f"{number} ({code})" if code else str(number))
    if not shapes and not skipped:
        raise UsageError("server.error.boundaries-none")
    for regency in sorted({regency_of(code) for code in shapes}):
        unit.boundaries.forget(regency)
    unit.boundaries.put(_row(code, parts) for code, parts in shapes.items())
    if shapes:
        unit.boundaries.note_load(BoundaryLoad(file=file_name, villages=len(shapes), loaded_ms=now_ms))
    unlisted = sum(unit.catalogue.area(code) is None for code in shapes)
    return LoadedBoundaries(len(shapes), len(skipped), unlisted, tuple(skipped[:SKIPPED_NAMED_MAX]))


class StoreAtlas:
    """``sync.location.Atlas`` over a unit; remembers what it decoded."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._shapes: dict[str, Shape | None] = {}

    def boundary(self, village: str) -> Shape | None:
        """The boundary of a village."""
        if village not in self._shapes:
            row = self._unit.boundaries.get(village)
            self._keep(village, _decode(row.shape) if row else None)
        return self._shapes[village]

    def around(self, lat: float, lon: float) -> Iterator[tuple[str, Shape]]:
        """The villages whose box holds a point, by code."""
        for row in self._unit.boundaries.around(lat, lon):
            shape = self._shapes.get(row.village) or _decode(row.shape)
            self._keep(row.village, shape)
            yield row.village, shape

    def _keep(self, village: str, shape: Shape | None) -> None:
        if len(self._shapes) >= REMEMBERED_MAX:
            self._shapes.clear()
        self._shapes[village] = shape


def _code_of(feature: dict[str, Any], properties: tuple[str, ...]) -> str:
    found = feature.get("properties")
    values = [found.get(name) for name in properties] if isinstance(found, dict) else []
    return next((value.strip() for value in values if isinstance(value, str) and value.strip()), "")


def _shape_of(geometry: Any) -> list[Any]:
    """The polygons of a geometry; none where a place in it is none."""
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind not in ("Polygon", "MultiPolygon"):
        return []
    written = geometry.get("coordinates")
    try:
        polygons = msgspec.convert([written] if kind == "Polygon" else written, list[list[list[_Position]]])
    except msgspec.ValidationError:
        return []
    if not all(_is_on_earth(place) for polygon in polygons for ring in polygon for place in ring):
        return []
    shape = [[_ring(ring) for ring in polygon] for polygon in polygons if polygon]
    # An outer ring too small to be seen takes its holes along.
    return [[ring for ring in polygon if ring] for polygon in shape if polygon[0]]


def _ring(places: list[_Position]) -> list[tuple[float, float]]:
    """A ring with rounded places, none twice in a row, closed; empty where too few are left."""
    kept: list[tuple[float, float]] = []
    for longitude, latitude, *_ in places:
        place = (round(longitude, DECIMALS), round(latitude, DECIMALS))
        if not kept or place != kept[-1]:
            kept.append(place)
    if kept and kept[0] != kept[-1]:
        kept.append(kept[0])
    return kept if len(kept) >= PLACES_MIN else []


def _is_on_earth(place: _Position) -> bool:
    return -180 <= place[0] <= 180 and -90 <= place[1] <= 90


def _row(village: str, parts: list[bytes]) -> BoundaryRow:
    polygons = [polygon for part in parts for polygon in _decode(part)]
    simple = simplified(polygons, tolerance_degrees=PHONE_TOLERANCE_DEGREES)
    return BoundaryRow(
        village=village,
        box=box_of(polygons),
        shape=_encode(polygons).decode(),
        simplified=_encode(simple).decode(),
    )
