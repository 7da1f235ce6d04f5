import matplotlib
import pytest

from seedbed import figures
from seedbed.errors import SpecError
from seedbed.figures.style import PALETTE, RC, applied, columns_for, look, multiples, single


def test_the_same_figure_gives_the_same_bytes_twice_and_from_two_builds(make_record, tmp_path):
    record = make_record({"activation": ["relu", "tanh"]}, members=4)
    names = ["a", "b"]
    figure = figures.curves(record, "train_loss")
    figures.save(figure, tmp_path / "again")
    for name in names:
        figures.save(figures.curves(record, "train_loss"), tmp_path / name)
    figures.save(figure, tmp_path / "once_more")
    for ending in ("svg", "png"):
        first, *others = [(tmp_path / f"{name}.{ending}").read_bytes() for name in [*names, "again", "once_more"]]
        assert all(other == first for other in others)


def test_saved_files_carry_no_date_no_creator_and_letters_as_outlines(make_record, tmp_path):
    figures.save(figures.overlay(make_record(members=4), "train_loss"), tmp_path / "x")
    text = (tmp_path / "x.svg").read_text()
    assert "dc:date" not in text
    assert "Matplotlib v" not in text
    assert "<text" not in text


def test_a_dense_figure_is_saved_as_pixels_only(make_record, tmp_path):
    files = figures.save(figures.overlay(make_record(members=4), "train_loss"), tmp_path / "deep" / "x", dense=True)
    assert [file.name for file in files] == ["x.png"]
    assert [file.name for file in (tmp_path / "deep").iterdir()] == ["x.png"]


def test_a_name_with_a_dot_keeps_it_and_an_ending_is_refused(make_record, tmp_path):
    figure = figures.overlay(make_record(members=4), "train_loss")
    files = figures.save(figure, tmp_path / "slope_0.1", dense=True)
    assert files[0].name == "slope_0.1.png"
    with pytest.raises(SpecError, match="without an ending"):
        figures.save(figure, tmp_path / "x.svg")


def test_drawing_leaves_no_state_behind(make_record):
    before = dict(matplotlib.rcParams)
    figures.arrivals(make_record(members=4))
    with pytest.raises(ZeroDivisionError), applied():
        _ = 1 / 0
    assert dict(matplotlib.rcParams) == before


def test_a_users_own_settings_do_not_leak_into_a_figure(make_record, tmp_path):
    record = make_record(members=4)
    figures.save(figures.overlay(record, "train_loss"), tmp_path / "plain")
    with matplotlib.rc_context({"font.size": 20, "lines.linewidth": 9, "axes.facecolor": "black"}):
        figures.save(figures.overlay(record, "train_loss"), tmp_path / "own")
    assert (tmp_path / "plain.svg").read_bytes() == (tmp_path / "own.svg").read_bytes()


def test_every_setting_up_to_two_hundred_and_eighty_has_its_own_look():
    assert len({look(index) for index in range(280)}) == 280
    assert look(280) == look(0)


def test_the_colors_differ_in_lightness_or_line_style_in_grey():
    styles = {(round(_lightness(color), 1), str(look(index).dash)) for index, color in enumerate(PALETTE)}
    assert len(styles) == len(PALETTE)


def _lightness(color):
    red, green, blue = (int(color[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("count", [1, 2, 3, 5, 8, 12, 13, 30])
@pytest.mark.parametrize("last", [1, 2, 4])
def test_panels_fit_a_page(count, last):
    columns = columns_for(count, last)
    assert 1 <= columns <= 6
    with applied():
        figure, panels = multiples(count, columns)
    width, height = figure.get_size_inches() * 2.54
    assert len(panels) == len(figure.axes) == count
    assert width == pytest.approx(16)
    assert height <= 22.01


def test_two_factors_keep_the_levels_of_the_last_one_in_a_row():
    assert columns_for(4, 2) == 2
    assert columns_for(9, 3) == 3
    assert columns_for(12, 2) == 4


def test_letters_are_large_enough_to_read_in_print():
    assert all(
        size >= 7.5 for key, size in RC.items() if key.endswith(("labelsize", "titlesize", "font.size", "fontsize"))
    )
    with applied():
        _, axes = single(6)
    assert axes.xaxis.get_tick_params()["labelsize"] >= 7.5
