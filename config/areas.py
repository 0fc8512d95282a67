"""The storeys of the house, top first. An area may use what stands below it, never what stands beside or above.

INSTALLED_APPS, the import contract and the foreign-key test are all read from this one list. Areas on the same
storey (one tuple) do not know each other.
"""

STOREYS: tuple[tuple[str, ...], ...] = (
    ("console", "exchange"),
    ("peers",),
    ("hindsight", "report"),
    ("transfer",),
    ("routing",),
    ("intake",),
    ("identity",),
    ("audit",),
    ("kernel",),
)

AREAS: tuple[str, ...] = tuple(area for storey in STOREYS for area in storey)
