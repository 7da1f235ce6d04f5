"""The report as HTML, PDF and JSON: offline, safe from hostile text, the same every time."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from html.parser import HTMLParser

import numpy as np
import pytest
from drawings import drawing, surface
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seedbed import stats
from seedbed.errors import StoreError, UserError
from seedbed.report import html, pdf
from seedbed.report.frame import frame, wrapped
from seedbed.report.numbered import Header
from seedbed.report.page import Figure, Formula, Page, Prose, Section, Table
from seedbed.report.pictures import draw
from seedbed.report.summary import plain_values, summary, to_json
from seedbed.report.write import write

HEADER = Header("Title", "Source", "Question?")
HOSTILE = (
    r"<script>alert(1)</script> #let x = 1 $x_1$ *a* _b_ @c `d` ``e "
    r"""'f' "g" \h \\ {i} [j](k) <l> &amp; ~ // /* — é 漢 😀 ]]> --> """
)


class Checker(HTMLParser):
    """Collects what a browser would load, and complains about elements that do not close in order."""

    VOID = frozenset({"meta", "br", "img", "link", "input", "hr"})

    def __init__(self):
        super().__init__()
        self.open, self.loaded, self.ids, self.text, self.wrong = [], [], [], [], []

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.loaded += [found[name] for name in ("src", "data", "poster") if name in found]
        if tag in ("link", "image", "use"):
            self.loaded += [found[name] for name in ("href", "xlink:href") if name in found]
        self.ids += [found["id"]] if "id" in found else []
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data):
        if not {"script", "style"} & set(self.open):
            self.text.append(data)


def checked(text: str) -> Checker:
    checker = Checker()
    checker.feed(text)
    checker.close()
    assert checker.wrong == []
    assert checker.open == []
    return checker


@pytest.fixture(scope="module")
def framed(study, page, records):
    return frame(
        study, page, profile="quick", seeds=256, command="seedbed run sixteen-pixels --seeds 0:256", records=records,
        provenance={"seedbed": "0.1.0", "block_width": 64, "data_hash": None},
    )  # fmt: skip


@pytest.fixture(scope="module")
def pictures(framed, tmp_path_factory):
    return draw(framed[1], tmp_path_factory.mktemp("figures"))


@pytest.fixture(scope="module")
def text(framed, pictures):
    return html.render(*framed, pictures)


@pytest.fixture(scope="module")
def document(framed, pictures):
    return pdf.render(*framed, pictures)


def one(*items) -> Page:
    return Page([Section("Section", items)])


def words_of(document: bytes) -> str:
    return "".join(pages_of(document))


def pages_of(document: bytes) -> list[str]:
    if not shutil.which("pdftotext"):
        pytest.skip("pdftotext is not installed, so the words of a PDF cannot be read back")
    run = subprocess.run(["pdftotext", "-raw", "-", "-"], input=document, capture_output=True, check=True)
    return ["".join(page.split()) for page in run.stdout.decode().split("\f")]


def test_the_page_loads_nothing_but_the_script_beside_it(text):
    page = checked(text)
    outside = [source for source in page.loaded if not source.startswith(("data:", "#"))]
    assert outside == ["plotly.min.js"]
    assert not re.search(r"url\(\s*['\"]?(?!#)", text.partition("</style>")[0])
    assert "default-src &#39;none&#39;" in text
    assert len(text.encode()) < html.LARGEST_PAGE


def test_a_page_without_turning_figures_has_no_script():
    plain = html.render(HEADER, one(Prose("words")), {})
    assert "<script" not in plain


def test_identifiers_are_used_once_and_every_reference_has_its_target(text):
    page = checked(text)
    assert len(page.ids) == len(set(page.ids))
    wanted = {found[1:] for found in page.loaded if found.startswith("#")} | set(re.findall(r"url\(#([^)]+)\)", text))
    assert wanted
    assert wanted <= set(page.ids)


def test_the_still_picture_stays_where_scripts_do_not_run(text):
    still = text.index('id="figure-4-drawing"')
    turning = text.index('id="figure-4-turning"')
    assert still < turning
    assert re.search(r'id="figure-4-turning"[^>]* hidden>', text)
    assert "replaced" not in text[still - 200 : still]


def test_the_same_input_gives_the_same_bytes(framed, pictures, text, document, tmp_path):
    assert html.render(*framed, pictures) == text
    assert pdf.render(*framed, pictures) == document
    assert html.render(*framed, draw(framed[1], tmp_path)) == text


def test_both_formats_show_the_same_captions_and_numbers(framed, text, document):
    shown, printed = "".join("".join(checked(text).text).split()), words_of(document)
    for section in framed[1].sections:
        captions = [item.caption for item in section.items if isinstance(item, Figure | Table)]
        for caption in captions:
            squeezed = "".join(caption.split())
            assert squeezed in shown
            assert squeezed.replace("-", "") in printed.replace("-", "")
    for words in (
        "Figure1.",
        "Figure4.",
        "Table4.",
        "0.980",
        "4,680(4,212to5,033)",
        "46,000",
        "0.275",
        "neverarrived",
        "—",
    ):
        assert words in shown
        assert words in printed


def test_hostile_text_is_text_in_both_formats():
    page = one(Prose(HOSTILE), Table([HOSTILE, "n"], [[HOSTILE, 1]], HOSTILE))
    header = Header(HOSTILE, HOSTILE, HOSTILE, HOSTILE)
    shown = checked(html.render(header, page, {}))
    assert "alert(1)" in "".join(shown.text)
    printed = words_of(pdf.render(header, page, {}))
    assert printed.count("<script>alert(1)</script>") >= 6
    assert "#letx=1$x_1$" in printed


@given(st.text(max_size=120), st.text(max_size=120))
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_text_breaks_either_format(prose, cell):
    page = one(Prose(prose), Table([cell, "x"], [[cell, 0.5]], cell))
    header = Header(cell, cell, prose, cell)
    assert pdf.render(header, page, {}).startswith(b"%PDF")
    checked(html.render(header, page, {}))


def test_surrogates_and_control_characters_are_marked_not_fatal():
    page = one(Prose("a\ud800b\x00c"), Table(["\udfff", "x"], [["\x07", None]], "\x1b"))
    assert "a\ufffdb\ufffdc" in html.render(HEADER, page, {})
    assert pdf.render(HEADER, page, {}).startswith(b"%PDF")


def test_missing_numbers_are_dashes():
    page = one(Table(["x", "y"], [[None, 1.0], [float("nan"), 2.0]], "caption"))
    assert html.render(HEADER, page, {}).count('<td class="right">—</td>') == 2
    assert words_of(pdf.render(HEADER, page, {})).count("—") == 2


def test_a_long_table_goes_over_pages_under_repeated_heads():
    page = one(Table(["place", "value"], [[f"row {i}", i / 7] for i in range(150)], "A long table."))
    assert words_of(pdf.render(HEADER, page, {})).count("placevalue") >= 3


@pytest.mark.parametrize("wrong", ["x $ y", "nosuchname", "frac(1", ""])
def test_a_formula_that_is_no_mathematics_is_told_as_such(wrong):
    page = one(Formula(wrong, "words"))
    if not wrong:
        assert html.render(HEADER, page, {})
        return
    for render in (html.render, pdf.render):
        with pytest.raises(UserError, match="not Typst mathematics"):
            render(HEADER, page, {})


def test_a_crooked_table_is_refused():
    with pytest.raises(UserError, match="1 cells under 2 columns"):
        html.render(HEADER, one(Table(["a", "b"], [[1]], "c")), {})


def test_more_scenes_than_a_browser_keeps_are_refused(tmp_path):
    def page(count):
        return one(Figure("f", drawing("share"), "c", "w", interactive=surface(count)))

    pictures = draw(page(1), tmp_path)
    assert html.render(HEADER, page(8), pictures)
    with pytest.raises(UserError, match="at most 8 interactive 3-D scenes, got 9"):
        html.render(HEADER, page(9), pictures)


def test_a_page_over_its_limit_names_the_heaviest_figure(tmp_path):
    heavy = surface()
    heavy.data[0].text = ["x" * 6_000_000]
    page = one(Figure("f", drawing("share"), "c", "w", interactive=heavy))
    with pytest.raises(UserError, match=r'at most 5 MB, got 6\.\d MB; make a figure lighter, first "f"'):
        html.render(HEADER, page, draw(page, tmp_path))


@pytest.mark.parametrize(("names", "wrong"), [(["a", "a"], "two figures"), (["../a"], "named")])
def test_figures_need_names_of_their_own_that_can_be_files(names, wrong, tmp_path):
    page = one(*(Figure(name, drawing("share"), "c", "w") for name in names))
    with pytest.raises(UserError, match=wrong):
        draw(page, tmp_path)


def test_a_report_leaves_its_files_and_nothing_else(study, page, records, tmp_path):
    folder = tmp_path / "runs" / "sixteen"
    arguments = {
        "profile": "quick", "seeds": range(256), "command": "seedbed run sixteen-pixels", "records": records,
        "summary": {"n": np.int64(3), "x": float("nan")}, "provenance": {"jax": "0.10.2"},
    }  # fmt: skip
    written = write(folder, study, page, **arguments)
    names = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    drawings = {f"figures/{name}.svg" for name in ("loss", "share", "landscape")}
    pixels = {f"figures/{name}.png" for name in ("loss", "share", "cloud", "landscape")}
    assert names == {"report.html", "report.pdf", "summary.json", "plotly.min.js"} | drawings | pixels
    assert set(written) == {folder / name for name in names}
    assert json.loads((folder / "summary.json").read_text()) == {
        "n": 3, "x": None, "figures": ["loss", "share", "cloud", "landscape"],
    }  # fmt: skip
    before = {path: path.read_bytes() for path in written}
    assert write(folder, study, page, **arguments) == written
    assert before == {path: path.read_bytes() for path in written}


def small(folder, study):
    return write(
        folder, study, one(Prose("words")), profile="smoke", seeds=8, command="c", records={}, summary={}, provenance={}
    )


def test_figures_of_an_earlier_report_go_and_other_files_stay(study, tmp_path):
    folder = tmp_path / "figures"
    folder.mkdir()
    (tmp_path / "summary.json").write_text(json.dumps({"figures": ["loss", "cloud", "../kept", 7]}))
    earlier, kept = ("loss.svg", "loss.png", "cloud.png"), ("loss.pdf", "mine.png", ".hidden.svg", "notes.txt")
    for name in (*earlier, *kept):
        (folder / name).write_text("x")
    (tmp_path / "kept.png").write_text("x")
    small(tmp_path, study)
    assert {path.name for path in folder.iterdir()} == set(kept)
    assert (tmp_path / "kept.png").exists()


@pytest.mark.parametrize("summary", ["{", "[]", '{"figures": null}', "{}"])
def test_a_broken_summary_of_an_earlier_report_is_no_hindrance(study, tmp_path, summary):
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "loss.png").write_text("x")
    (tmp_path / "summary.json").write_text(summary)
    small(tmp_path, study)
    assert (tmp_path / "figures" / "loss.png").exists()


def test_a_folder_that_cannot_be_made_is_told_in_one_sentence(study, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match=r"cannot be written: .*; make room there, or name another folder"):
        small(tmp_path / "file" / "report", study)


def test_a_disk_that_fills_leaves_the_old_report_whole(study, tmp_path, monkeypatch):
    small(tmp_path, study)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def full(path, content):
        path.touch()
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    monkeypatch.setattr(pdf, "render", lambda *_: b"")
    with pytest.raises(StoreError, match="No space left on device"):
        small(tmp_path, study)
    assert before == {path.name: path.read_bytes() for path in tmp_path.iterdir()}


def test_the_frame_says_what_was_run_and_what_was_decided(text, study):
    shown = "".join(checked(text).text)
    reduced = study.profile("quick").reduced
    wanted = ("256 (seed 0 to seed 255)", reduced, "sgd: learning rate 0.1", "10,000 steps", "4 × 4",
              "train accuracy at least 1", "both reports are silent", "sixteen-pixels --seeds 0:256")  # fmt: skip
    for words in wanted:
        assert words in shown


@given(st.lists(st.text(alphabet="ab-' =\\", min_size=1, max_size=12), min_size=1, max_size=20))
def test_a_long_command_over_lines_is_the_same_command(words):
    command = shlex.join(["seedbed", "run", *words])
    lines = wrapped(command)
    assert shlex.split(lines.replace("\\\n", "") if "\n" in lines else lines) == ["seedbed", "run", *words]


def test_a_summary_has_its_keys_and_no_nan(study, page, records):
    plain = summary(
        study, records, page, profile="quick", seeds=range(4, 8), provenance={"wall_seconds": np.float32(1.5)},
        entries=[{"n": np.int64(2), "hit_step": {"median": float("nan")}}], comparisons=[], claims=[],
    )  # fmt: skip
    assert list(plain) == [
        "schema", "study", "profile", "seeds", "settings", "comparisons", "luck", "needed", "claims", "provenance",
            "readings",
    ]  # fmt: skip
    assert plain["seeds"] == "4:8"
    assert plain["settings"] == [{"n": 2, "hit_step": {"median": None}}]
    assert plain["readings"] == {"factor": 10.5}
    assert json.loads(to_json(plain)) == plain
    assert to_json(plain) == to_json(dict(reversed(plain.items())))


def test_several_records_sign_their_entries(study, page, records, monkeypatch):
    monkeypatch.setattr(stats, "summarize", lambda record: [{"n": record.sizes["seed"]}])
    monkeypatch.setattr(stats, "compare", lambda record: [])
    both = {"one": records["main"], "two": records["main"]}
    plain = summary(study, both, page, profile="smoke", seeds=2, provenance={})
    assert plain["settings"] == [{"record": "one", "n": 2}, {"record": "two", "n": 2}]


def test_values_without_a_place_in_json_are_refused():
    assert plain_values({"a": {3, 1}, 2: (np.bool_(True), [np.inf])}) == {"a": [1, 3], "2": [True, [None]]}
    with pytest.raises(TypeError, match="got object"):
        plain_values(object())


def test_the_report_package_reaches_neither_jax_nor_the_engine():
    code = "import sys, seedbed.report; print([name for name in ('jax', 'equinox', 'optax') if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_no_page_holds_only_the_tail_of_a_table():
    """However far down a table begins, its last page has three rows of it or more."""
    rows = [(f"row{number}", number) for number in range(12)]
    last = []
    for lines in range(21, 33):
        text = "\n\n".join(f"Line {number}." for number in range(lines))
        page = Page([Section("Rows", [Prose(text), Table(("name", "value"), rows, "Table.")])])
        pages = [words.count("row") for words in pages_of(pdf.render(HEADER, page, {}))]
        assert sum(pages) == len(rows)
        last.append([count for count in pages if count][-1])
    assert max(last) == 12
    assert min(last) == 3
