"""The fleet's database: its tables, one writer and many readers. SQLite (WAL, FULL) first; SQLAlchemy Core only."""
