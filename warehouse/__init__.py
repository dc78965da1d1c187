"""What we keep: tables, and every SQL statement against our own database, on SQLite and PostgreSQL alike.

Visibility is a pointer (docs/decisions/0001-storage.md): a run stages rows that nobody sees, and moving one number in
one short transaction shows them all.
"""
