"""Metres between two points of a few kilometres, on the WGS84 ellipsoid."""

import math

# WGS84, NGA.STND.0036: semi-major axis in metres and first eccentricity squared.
_SEMI_MAJOR_AXIS_M = 6378137.0
_ECCENTRICITY_SQUARED = 6.69437999014e-3


def distance_m(lat_a: float, lon_a: float, lat_b: float, lon_b: float) -> float:
    """Distance rounded to 0.01 m; coordinates in degrees.

    Uses the radii of curvature at the middle latitude: exact to 0.01 m up to a few
    kilometres, which is what a tolerance in metres asks for; further away only "far" matters.
    The rounding makes two languages agree although their cosines differ in the last bit.
    """
    north_radius_m, east_radius_m = _radii_m((lat_a + lat_b) / 2)
    degrees_east = (lon_b - lon_a + 540) % 360 - 180
    north_m = math.radians(lat_b - lat_a) * north_radius_m
    east_m = math.radians(degrees_east) * east_radius_m
    return round(math.sqrt(north_m * north_m + east_m * east_m) * 100) / 100


def metres_per_degree(lat: float) -> tuple[float, float]:
    """How long a degree to the north and one to the east are at a latitude."""
    north_radius_m, east_radius_m = _radii_m(lat)
    return math.radians(north_radius_m), math.radians(east_radius_m)


def _radii_m(lat: float) -> tuple[float, float]:
    """Radii of curvature along the meridian, and of the parallel."""
    angle = math.radians(lat)
    bend = 1 - _ECCENTRICITY_SQUARED * math.sin(angle) ** 2
    along = _SEMI_MAJOR_AXIS_M * (1 - _ECCENTRICITY_SQUARED) / (bend * math.sqrt(bend))
    return along, _SEMI_MAJOR_AXIS_M / math.sqrt(bend) * math.cos(angle)
