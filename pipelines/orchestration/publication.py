"""Release: build aside, render the report, seal, verify, and switch by one rename."""

import dagster as dg

from pipelines.orchestration.night import Night
from pipelines.releases.build import build_release
from pipelines.releases.folders import building_folder
from pipelines.releases.manifest import draft_release, seal_release
from pipelines.releases.switch import prune, publish
from pipelines.reports.render import render_report

FIGURES = dg.AssetKey(["indicators", "indicator_values"])
COMPARISONS = dg.AssetKey(["indicators", "indicator_comparisons"])
CATALOGUE = dg.AssetKey(["indicators", "indicators"])
VERSIONS = dg.AssetKey(["indicators", "indicator_versions"])
CITATIONS = dg.AssetKey(["indicators", "indicator_legal_bases"])
LEGAL_BASES = dg.AssetKey(["reference", "legal_bases"])
_UNCHANGED = {"unchanged": "a release of these inputs and definitions is there"}


@dg.asset(
    key=["release", "tables"],
    deps=[FIGURES, COMPARISONS, CATALOGUE, VERSIONS, CITATIONS, LEGAL_BASES],
    group_name="release",
    kinds={"duckdb", "parquet"},
)
def release_tables(night: dg.ResourceParam[Night]) -> dg.MaterializeResult[None]:
    """The published tables, in a new DuckDB file and as Parquet, in a folder aside."""
    if night.is_published:
        return dg.MaterializeResult(metadata=_UNCHANGED)
    draft = draft_release(
        release_id=night.release_id,
        as_of=night.business_date,
        is_synthetic=night.is_synthetic,
        definitions=night.definitions,
        extracts=night.extracts_for_manifest(),
        gates=night.gates,
    )
    building = build_release(
        night.layout,
        draft,
        files=night.build.kept,
        store=night.store,
        labels=night.labels,
        settings=night.settings,
    )
    size = sum(path.stat().st_size for path in building.rglob("*") if path.is_file())
    return dg.MaterializeResult(metadata={"bytes": size, "folder": dg.MetadataValue.path(building)})


@dg.asset(key=["release", "report"], deps=[release_tables], group_name="release", kinds={"excel"})
def release_report(night: dg.ResourceParam[Night]) -> dg.MaterializeResult[None]:
    """The report in Excel and as a page, made from the release's own database."""
    if night.is_published:
        return dg.MaterializeResult(metadata=_UNCHANGED)
    building = building_folder(night.layout, night.release_id)
    files = render_report(building)
    return dg.MaterializeResult(metadata={"files": [path.name for path in files]})


@dg.asset(key=["release", "current"], deps=[release_report], group_name="release")
def current_release(night: dg.ResourceParam[Night]) -> dg.MaterializeResult[None]:
    """The release sealed, read back and, unless an earlier day's, made current by one rename."""
    building = building_folder(night.layout, night.release_id)
    if night.is_published:
        building = night.layout.releases / night.release_id
    else:
        seal_release(night.layout, building)
    release = publish(night.layout, building, make_current=night.make_current)
    night.released = release.id
    removed = prune(night.layout, night.settings.keep_releases)
    return dg.MaterializeResult(
        metadata={
            "release": release.id,
            "folder": dg.MetadataValue.path(release.folder),
            "report": dg.MetadataValue.url((release.report / "index.html").as_uri()),
            "removed": removed,
        }
    )
