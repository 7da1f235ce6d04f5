"""Compiled programs are kept where only this user can write, and nothing is removed that seedbed has not made."""

import os
import sys
from pathlib import Path

import pytest

from seedbed.engine import cache_dir

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="owners and modes of files are a POSIX thing")


@pytest.fixture
def root(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("SEEDBED_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def made(processor: str = "one") -> Path:
    place = cache_dir.prepared(processor)
    assert place is not None
    return place


@POSIX
def test_a_new_folder_is_the_user_s_alone_and_carries_a_marker(root):
    place = made()
    assert place.parent == root / "compiled"
    assert {oct(path.stat().st_mode & 0o777) for path in (root, place.parent, place)} == {"0o700"}
    assert (place / cache_dir.MARKER).read_text() == place.name
    (place / "program").write_text("x")
    assert made() == place
    assert made("another processor") != place


def test_only_the_oldest_of_our_own_folders_go(root):
    first = made("0")
    others = [root / "compiled" / name for name in ("thesis", "results")]
    for path in others:
        path.mkdir()
        (path / "precious.txt").write_text("mine")
        os.utime(path, (1, 1))
    copied = root / "compiled" / "copied"  # the marker of another folder makes none of ours
    copied.mkdir()
    (copied / cache_dir.MARKER).write_text(first.name)
    os.utime(copied, (1, 1))
    places = [made(str(number)) for number in range(8)]
    for number, path in enumerate(places):
        if path.exists():
            os.utime(path, (100 + number, 100 + number))
    last = made("7")
    left = {path.name for path in (root / "compiled").iterdir()}
    assert left == {"thesis", "results", "copied", *(path.name for path in places[-4:])}
    assert last == places[-1]
    assert all((path / "precious.txt").read_text() == "mine" for path in others)


def test_a_folder_in_use_stays(root):
    place = made()
    for number in range(4):
        made(str(number))
    assert not place.exists()  # four others were used later
    assert made() == place
    os.utime(place, (1, 1))  # the clock of another machine
    assert made() == place
    assert (place / cache_dir.MARKER).exists()


def test_a_folder_named_compiled_in_the_current_one_loses_nothing(tmp_path, monkeypatch):
    """An empty variable names no folder, and "." only gets one more folder beside what is there."""
    monkeypatch.chdir(tmp_path)
    tmp_path.chmod(0o700)
    for number in range(9):
        (tmp_path / "compiled" / f"mine{number}").mkdir(parents=True)
    monkeypatch.setenv("SEEDBED_CACHE", "")
    monkeypatch.setattr(cache_dir.platformdirs, "user_cache_dir", lambda name: str(tmp_path / "home" / name))
    assert made().is_relative_to(tmp_path / "home" / "seedbed")
    monkeypatch.setenv("SEEDBED_CACHE", ".")
    (tmp_path / "compiled").chmod(0o755)
    for number in range(6):
        assert made(str(number)).is_absolute()
    assert len([path for path in (tmp_path / "compiled").iterdir() if path.name.startswith("mine")]) == 9


@POSIX
@pytest.mark.parametrize("level", ["cache", "cache/compiled", "state"])
@pytest.mark.parametrize("mode", [0o770, 0o707, 0o777])
def test_what_others_can_write_to_is_not_used_and_told(root, capsys, level, mode):
    place = made()
    path = place if level == "state" else root.parent / level
    path.chmod(mode)
    assert cache_dir.prepared("one") is None
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert f"others can write to {path}" in said
    assert (place / cache_dir.MARKER).exists()


@POSIX
def test_what_stands_in_a_folder_of_everybody_is_not_used(root, capsys):
    made()
    root.parent.chmod(0o777)
    assert cache_dir.prepared("one") is None
    assert "in the hands of others" in capsys.readouterr().err
    root.parent.chmod(0o1777)  # as /tmp: what is in it can be moved by its owner only
    assert cache_dir.prepared("one") is not None


@POSIX
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give files away")
def test_what_belongs_to_another_user_is_not_used(root, capsys):
    place = made()
    os.chown(place, 65534, 65534)
    assert cache_dir.prepared("one") is None
    assert f"{place} belongs to another user" in capsys.readouterr().err


@POSIX
def test_links_and_files_in_its_place_are_not_used(root, tmp_path, capsys):
    place = made()
    (place / cache_dir.MARKER).unlink()
    place.rmdir()
    (tmp_path / "elsewhere").mkdir()
    place.symlink_to(tmp_path / "elsewhere")
    assert cache_dir.prepared("one") is None
    place.unlink()
    place.write_text("x")
    assert cache_dir.prepared("one") is None
    assert place.read_text() == "x"
    assert os.listdir(tmp_path / "elsewhere") == []
    assert capsys.readouterr().err.count("\n") == 2


def test_a_folder_with_what_is_not_ours_is_left_alone(root, capsys):
    place = cache_dir.folder("one")
    place.mkdir(parents=True, mode=0o700)
    root.chmod(0o700)
    place.parent.chmod(0o700)
    (place / "thesis.txt").write_text("mine")
    assert cache_dir.prepared("one") is None
    assert os.listdir(place) == ["thesis.txt"]
    assert "holds what seedbed has not made" in capsys.readouterr().err


def test_a_place_that_cannot_be_made_costs_time_only(tmp_path, monkeypatch, capsys):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("SEEDBED_CACHE", str(tmp_path / "file"))
    assert cache_dir.prepared("one") is None
    assert capsys.readouterr().err.startswith(f"SEEDBED_CACHE={tmp_path / 'file'} keeps no compiled programs: ")
    monkeypatch.setenv("SEEDBED_CACHE", "a" * 5000)
    assert cache_dir.prepared("one") is None


def test_without_a_home_nothing_is_made_and_nothing_said(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SEEDBED_CACHE", raising=False)
    monkeypatch.setattr(cache_dir.platformdirs, "user_cache_dir", lambda name: f"~/.cache/{name}")
    assert cache_dir.prepared("one") is None
    assert capsys.readouterr().err == ""
    assert os.listdir(tmp_path) == []
