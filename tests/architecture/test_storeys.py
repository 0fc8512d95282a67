"""An area uses what stands below it, never what stands beside or above: imports, and foreign keys, which imports
don't show."""

from __future__ import annotations

from django.apps import apps

from config.areas import AREAS
from tests.architecture.source import HOUSE, STOREY_OF, files, imports, name


def test_every_area_of_the_list_is_there_and_no_other() -> None:
    assert sorted(p.name for p in HOUSE.iterdir() if (p / "__init__.py").is_file()) == sorted(AREAS)


def test_imports_point_down() -> None:
    wrong = []
    for area in AREAS:
        for file in files(area):
            for module in imports(file):
                used = module.split(".")[1] if module.startswith("liandong.") else area
                if used != area and STOREY_OF[used] >= STOREY_OF[area]:
                    wrong.append(f"{name(file)} imports {module}")
                if module.split(".")[0] in ("config", "simulation", "tests", "cities"):
                    wrong.append(f"{name(file)} imports {module}")
    # The doors put addresses together for the whole house; they read the storeys' list and nothing else of config.
    assert wrong == []


def test_foreign_keys_point_down() -> None:
    wrong = []
    for area in AREAS:
        for model in apps.get_app_config(area).get_models():
            for field in model._meta.get_fields():
                if not (field.is_relation and field.concrete and field.related_model):
                    continue
                used = field.related_model._meta.app_label
                if used in STOREY_OF and used != area and STOREY_OF[used] >= STOREY_OF[area]:
                    wrong.append(f"{model.__name__}.{field.name} → {used}")
    assert wrong == []
