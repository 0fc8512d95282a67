"""The import contract, written from `config/areas.py`: `python -m config.contract` prints `.importlinter`."""

from __future__ import annotations

from config.areas import STOREYS


def text() -> str:
    """The whole of `.importlinter`: the storeys as layers, areas of one storey not knowing each other."""
    layers = "\n".join(f"    {' | '.join(storey)}" for storey in STOREYS)
    return f"""# Written by `python -m config.contract` from config/areas.py; a test compares the two.
[importlinter]
root_packages =
    liandong
    config
    simulation

[importlinter:contract:storeys]
name = An area uses only what stands below it
type = layers
unmatched_ignore_imports_alerting = none
ignore_imports =
    liandong.**.tests.** -> config.**
containers = liandong
layers =
{layers}

[importlinter:contract:root]
name = Areas do not know how they are put together
type = forbidden
unmatched_ignore_imports_alerting = none
# Tests look at the whole that the root has put together.
ignore_imports =
    liandong.**.tests.** -> config.**
source_modules = liandong
forbidden_modules =
    config
    simulation
"""


if __name__ == "__main__":
    print(text(), end="")
