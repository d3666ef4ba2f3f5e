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
    middle = math.radians((lat_a + lat_b) / 2)
    bend = 1 - _ECCENTRICITY_SQUARED * math.sin(middle) ** 2
    north_radius_m = _SEMI_MAJOR_AXIS_M * (1 - _ECCENTRICITY_SQUARED) / (bend * math.sqrt(bend))
    east_radius_m = _SEMI_MAJOR_AXIS_M / math.sqrt(bend) * math.cos(middle)
    degrees_east = (lon_b - lon_a + 540) % 360 - 180
    north_m = math.radians(lat_b - lat_a) * north_radius_m
    east_m = math.radians(degrees_east) * east_radius_m
    return round(math.sqrt(north_m * north_m + east_m * east_m) * 100) / 100
