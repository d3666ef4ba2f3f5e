from tests.postgres import stops_postgres

__all__ = ["stops_postgres"]
