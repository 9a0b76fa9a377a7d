"""The functions that rules of landed tables may call: `_functions.sql`, rendered.

The file is a template, so that nothing stands in it that the dbt project says already: it imports
macros of `dbt_project/macros` that are plain SQL, and asks for the streets of the district. Belongs
here: rendering it. Does not: what a rule asks (`contract_rules`, the suites).
"""

from __future__ import annotations

import csv
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError

from pipelines.declarations import read_declaration
from pipelines.errors import ContractError
from pipelines.sql_text import literal

FUNCTIONS_FILE = "_functions.sql"


def read_functions(folder: Path) -> str:
    """The SQL of the functions beside the suites in `folder`; empty where there is no file.

    Raises:
        ContractError: the template, or what it takes from the dbt project, cannot be used.
    """
    if not (folder / FUNCTIONS_FILE).exists():
        return ""
    project = folder.parent / "dbt_project"
    environment = Environment(  # noqa: S701 - SQL, and no page that would need escaping
        loader=FileSystemLoader([folder, project / "macros"]),
        extensions=["jinja2.ext.do"],
        undefined=StrictUndefined,
    )
    try:
        template = environment.get_template(FUNCTIONS_FILE)
        return template.render(street_spellings=lambda: _street_spellings(project))
    except (TemplateError, OSError, KeyError, TypeError) as error:
        raise ContractError(
            f"expectations/{FUNCTIONS_FILE}: expected a template over the macros, seeds and vars "
            f"of {project}, got {type(error).__name__}: {error}. Mend the file."
        ) from None


def _street_spellings(project: Path) -> str:
    """The district's streets as SQL literals, by code and by name: registries deliver either."""
    district = read_declaration(project / "dbt_project.yml")["vars"]["district_code"]
    with (project / "seeds" / "areas.csv").open(encoding="utf-8", newline="") as file:
        streets = [
            area
            for area in csv.DictReader(file)
            if area["level"] == "street" and area["parent_code"] == district
        ]
    return ", ".join(literal(street[c]) for c in ("area_code", "area_name") for street in streets)
