"""/programme/import/: a file of trees uploaded, its columns confirmed, imported, reported, taken back."""

from __future__ import annotations

import itertools
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from greening.accounts.doors import for_roles
from greening.errors import BadInput, TownError
from greening.exchange.trees import background, read, runs
from greening.exchange.trees.profile import profiles
from greening.exchange.trees.read import Table
from greening.exchange.trees.report import Report
from greening.exchange.trees.run import Importer, Settings
from greening.exchange.trees.runs import Plan
from greening.exchange.trees.targets import TARGETS
from greening.models import ImportRun
from greening.models.base import new_uuid
from greening.roles import Role
from greening.undo import undo_import

#: So many rows are looked through while a person waits; the import itself reads all.
PREVIEWED = 500
SHOWN_ROWS = 8
#: Up to so many rows an import is taken back while the page waits; more than that at the terminal.
UNDONE_HERE = 20_000

importers = for_roles(Role.PLANNER, Role.ADMINISTRATOR)


class UploadForm(forms.Form):
    """The file, and what its name does not say."""

    file = forms.FileField(label=gettext_lazy("File of trees"))
    profile = forms.ChoiceField(label=gettext_lazy("Convention"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice: Any = self.fields["profile"]
        choice.choices = [
            ("", _("recognise it")),
            *((each.name, each.title) for each in profiles()),
        ]


@importers
@require_http_methods(["GET", "HEAD", "POST"])
def import_list(request: HttpRequest) -> HttpResponseBase:
    """Every import so far, and the form for another."""
    form = UploadForm(request.POST or None, request.FILES or None, label_suffix="")
    status = 200
    if request.method == "POST":
        if form.is_valid():
            try:
                run = background.keep(form.cleaned_data["file"], request.user)
            except BadInput as error:
                form.add_error("file", str(error))
            else:
                run.profile = form.cleaned_data["profile"]
                run.save(update_fields=["profile"])
                return redirect("import-run", number=run.pk)
        status = 422
    context = {"form": form, "runs": ImportRun.objects.select_related("actor")[:50]}
    return render(request, "greening/imports/list.html", context, status=status)


@importers
@require_http_methods(["GET", "HEAD", "POST"])
def import_run(request: HttpRequest, number: int) -> HttpResponseBase:
    """One import: its columns before, its progress while, its report after."""
    run = get_object_or_404(ImportRun, pk=number)
    if run.state == ImportRun.State.UPLOADED:
        return _preparing(request, run)
    if request.method == "POST":
        return _again(request, run)
    silent = run.is_silent
    context = {
        "run": run,
        "silent": silent,
        "refresh": run.state == ImportRun.State.RUNNING and not silent,
        "figures": _figures(run.counts),
        "can_go_on": (silent or run.state == ImportRun.State.FAILED)
        and run.can_go_on
        and background.file_of(run).exists(),
        "can_undo": run.can_be_undone and (run.total or 0) <= UNDONE_HERE,
        "too_long_to_undo_here": run.can_be_undone and (run.total or 0) > UNDONE_HERE,
        "has_errors": run.errors_file.exists(),
        "doubts": run.report.get("doubts", []),
        "species": run.report.get("species", []),
    }
    return render(request, "greening/imports/run.html", context)


def _preparing(request: HttpRequest, run: ImportRun) -> HttpResponseBase:
    told, problem, shown = background.columns_of(run), "", None
    try:
        with read.opened(str(background.file_of(run))) as table:
            if request.method == "POST":
                told = _columns_said(request, table)
                run.source = request.POST.get("source", "").strip()[:200]
                run.options = {name: name in request.POST for name in ("strict", "keep_missing")}
            plan = _plan(run, table, told)
            if request.method == "POST":
                background.say_columns(run, {**dict.fromkeys(table.headers, "-"), **plan.mapping})
                run.profile, run.source, run.total = plan.profile.name, plan.source, table.total
                run.mapping = plan.mapping
                # The state is not written: another click may have started the import meanwhile.
                run.save(update_fields=["profile", "source", "total", "mapping", "options"])
                if request.POST.get("do") == "import":
                    background.start(run)
                    return redirect("import-run", number=run.pk)
            shown = _preview(run, table, plan, request.user)
    except TownError as error:
        problem = str(error)
        shown = shown or _columns_only(run, told)
    context = {"run": run, "problem": problem, **(shown or {})}
    return render(request, "greening/imports/prepare.html", context, status=422 if problem else 200)


def _columns_said(request: HttpRequest, table: Table) -> dict[str, str]:
    """The words chosen for each column; columns travel by position, their names may hold anything."""
    return {
        header: request.POST.get(f"column-{index}", "") or "-"
        for index, header in enumerate(table.headers)
    }


def _plan(run: ImportRun, table: Table, told: dict[str, str]) -> Plan:
    return runs.plan(
        table,
        profile_name=run.profile or None,
        told=told,
        source=run.source or None,
        file=run.file_name,
    )


def _preview(run: ImportRun, table: Table, plan: Plan, actor: Any) -> dict[str, Any]:
    """The columns with their first values, and what the first rows would come to."""
    report = Report()
    settings = Settings(
        plan.profile,
        plan.source,
        plan.mapping,
        new_uuid(),
        actor=actor,
        strict=bool(run.options.get("strict")),
        dry_run=True,
        limit=PREVIEWED,
    )
    importer = Importer(settings, table, report)
    importer.run()
    return {
        "plan": plan,
        "columns": _columns(table, plan.mapping, plan.why),
        "words": _words(plan),
        "total": table.total,
        "previewed": report.counts["read"],
        "figures": _figures(report.counts),
        "doubts": report.as_json()["doubts"],
        "rows": [_row(record) for record in importer.first_rows[:SHOWN_ROWS]],
    }


def _columns_only(run: ImportRun, told: dict[str, str]) -> dict[str, Any]:
    """The columns of a file whose plan failed, so that a person can say what they are."""
    try:
        with read.opened(str(background.file_of(run))) as table:
            mapping = {column: word for column, word in told.items() if word != "-"}
            return {
                "columns": _columns(table, mapping, {}),
                "words": _words(None),
                "total": table.total,
            }
    except TownError:
        return {}


def _columns(table: Table, mapping: dict[str, str], why: dict[str, str]) -> list[dict[str, Any]]:
    sample = [cells for _line, cells, _shape in itertools.islice(table.rows(), 50)]
    columns = []
    for index, header in enumerate(table.headers):
        values = [str(cells[index]) for cells in sample if index < len(cells)]
        filled = [value for value in values if value.strip() and value != "None"]
        columns.append(
            {
                "index": index,
                "name": header,
                "word": mapping.get(header, ""),
                "guessed": why.get(header, "") in ("part of the name", "values")
                and header in mapping,
                "values": list(dict.fromkeys(filled))[:3],
            }
        )
    return columns


def _words(plan: Plan | None) -> list[tuple[str, Any]]:
    words = [
        (name, target.label) for name, target in TARGETS.items() if name not in ("state", "kind")
    ]
    known = {name for name, _label in words}
    others = sorted(set(plan.mapping.values()) - known) if plan else []
    return [("", _("— leave out —")), *words, *((word, word) for word in others)]


def _row(record: Any) -> dict[str, Any]:
    tree = record.tree
    return {
        "line": record.line,
        "id": record.source_id,
        "name": " ".join(
            record.names.get(part, "") for part in ("species", "genus", "epithet", "cultivar")
        ).strip()
        or record.names.get("common", ""),
        "girth": tree.get("girth_m"),
        "height": tree.get("height_m"),
        "planted": tree.get("planted_on"),
        "lon": record.lon,
        "lat": record.lat,
        "told": [told.sentence for told in record.told],
    }


def _figures(counts: dict[str, int]) -> list[tuple[Any, int]]:
    names = (
        ("created", _("new")),
        ("updated", _("updated")),
        ("unchanged", _("unchanged")),
        ("restored", _("back again")),
        ("archived", _("gone from the file, archived")),
        ("held", _("gone from the file, held")),
        ("conflicts", _("kept for a person")),
        ("refused", _("refused")),
    )
    always = ("created", "updated", "unchanged", "refused")
    return [(label, counts.get(key, 0)) for key, label in names if counts.get(key) or key in always]


def _again(request: HttpRequest, run: ImportRun) -> HttpResponseBase:
    """Go on with an import that stopped: what is in stays, the rest follows."""
    if request.POST.get("do") != "go-on" or not background.file_of(run).exists():
        raise Http404
    if not background.start(run):
        messages.error(
            request, _("This import cannot be gone on with: it is at work, done, or taken back.")
        )
    return redirect("import-run", number=run.pk)


@importers
@require_POST
def import_undo(request: HttpRequest, number: int) -> HttpResponseBase:
    """Take an import back."""
    run = get_object_or_404(ImportRun, pk=number)
    if (run.total or 0) > UNDONE_HERE:
        raise PermissionDenied
    try:
        undone = undo_import(run, actor=request.user)
    except BadInput as error:
        messages.error(request, str(error))
    else:
        kept = undone.counts["kept"]
        messages.success(request, _("The import was taken back."))
        if kept:
            sentence = ngettext(
                "%d thing was left for a person.", "%d things were left for a person.", kept
            )
            messages.warning(request, sentence % kept)
    return redirect("import-run", number=run.pk)


@importers
@require_safe
def import_errors(request: HttpRequest, number: int) -> HttpResponseBase:
    """The row-error file."""
    run = get_object_or_404(ImportRun, pk=number)
    if not run.errors_file.exists():
        raise Http404
    return FileResponse(
        run.errors_file.open("rb"),
        as_attachment=True,
        filename=f"import-{run.pk}-rows.csv",
        content_type="text/csv",
    )
