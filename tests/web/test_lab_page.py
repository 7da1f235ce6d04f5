"""The lab's page in a real browser: every part of it is there, and nothing it does ends in an error."""

import shutil
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from conftest import Served

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
pytestmark = pytest.mark.skipif(not (BROWSER and DRIVER), reason="no Chromium with its driver here")
webdriver = pytest.importorskip("selenium.webdriver", reason="the page is tested by Selenium: pip install selenium")

SMALL = "#points=60&seeds=9&steps=40"


@pytest.fixture(scope="module")
def page(served: Served) -> Iterator[Any]:
    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER
    for word in ("--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1200,900"):
        options.add_argument(word)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    driver.get(served.address)
    yield driver
    errors = [
        entry for entry in driver.get_log("browser") if entry["level"] == "SEVERE" and "422" not in entry["message"]
    ]
    driver.quit()
    assert errors == []


def text(page: Any, name: str) -> str:
    return page.execute_script("return document.getElementById(arguments[0]).textContent", name)


def until(hold: Callable[[], Any], seconds: float = 40) -> Any:
    """What `hold` gives as soon as it holds."""
    end = time.monotonic() + seconds
    while not (found := hold()):
        assert time.monotonic() < end, "it never came about"
        time.sleep(0.1)
    return found


def opened(page: Any, served: Served, state: str) -> None:
    page.get("about:blank")
    page.get(f"http://127.0.0.1:{served.port}/{state}")


def test_twins_train_and_the_sentence_says_how_many_arrived(page: Any, served: Served) -> None:
    opened(page, served, SMALL + "&pace=")
    until(lambda: "all have stopped" in text(page, "now"))
    until(lambda: "of 9 twins have arrived" in text(page, "words"))
    assert page.execute_script("return document.querySelectorAll('#mosaics canvas').length") >= 1
    assert "95 % interval" in text(page, "words")


def test_two_levels_are_compared_side_by_side(page: Any, served: Served) -> None:
    opened(page, served, SMALL + "&activation=relu&activation=tanh")
    until(lambda: page.execute_script("return document.querySelectorAll('#mosaics figure').length") == 2)
    until(lambda: "One run of each setting" in text(page, "words") or "told" in text(page, "words"))


def test_a_wrong_entry_is_told_beside_its_field(page: Any, served: Served) -> None:
    opened(page, served, "#rate=much")
    until(lambda: "number" in page.find_element("css selector", "#choose").text)


def test_the_state_comes_back_from_the_address(page: Any, served: Served) -> None:
    opened(page, served, SMALL + "&layers=5&rate=0.25")
    until(lambda: "of 40" in text(page, "now"))
    page.refresh()
    until(lambda: "of 40" in text(page, "now"))
    shown = page.execute_script("return [...document.querySelectorAll('#fields input')].map((one) => one.value)")
    assert {"5", "0.25", "60", "9"} <= set(shown)


def test_diverging_and_dead_twins_are_counted(page: Any, served: Served) -> None:
    opened(page, served, SMALL + "&data=diagonal&loss=l2&target=&rate=1e6")
    until(lambda: "diverged" in text(page, "words") or "dead" in text(page, "words"))


def test_what_is_handed_over_is_python(page: Any, served: Served) -> None:
    opened(page, served, SMALL)
    until(lambda: "of 40" in text(page, "now"))
    page.find_element("css selector", "[data-hand=python]").click()
    code = until(lambda: text(page, "code"))
    compile(code, "lab", "exec")
    assert "sb.Spec(" in code


def test_a_phone_shows_it_without_scrolling_sideways(page: Any, served: Served) -> None:
    page.set_window_size(400, 800)
    opened(page, served, SMALL)
    until(lambda: "of 40" in text(page, "now"))
    sizes = "const root = document.documentElement; return [root.scrollWidth, root.clientWidth]"
    wide, room = page.execute_script(sizes)
    assert wide <= room
    page.set_window_size(1200, 900)
