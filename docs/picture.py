"""Take the README's picture of a rendered page: a challenge, what mitigates it, who says so.

    python docs/picture.py kg.html docs/graph.png

Needs Chromium and the `dev` and `notebook` extras.
"""

import argparse
import io
import shutil
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

# Lets the panel begin with the section "Mitigated by", its sentences open.
OPEN = """panel => {
  const section = panel.querySelector("section"), top = panel.querySelector(".top");
  section.querySelector("h3 button")?.click();
  panel.scrollTop += section.getBoundingClientRect().top - top.getBoundingClientRect().bottom;
}"""

parser = argparse.ArgumentParser(description="Take the README's picture of a rendered page.")
parser.add_argument("page", type=Path, help="as `cloudhealth-kg render` writes it")
parser.add_argument("picture", type=Path, help="the PNG to write")
parser.add_argument("--concept", default="vendor-lock-in", help="the last part of its IRI")
asked = parser.parse_args()
chromium = shutil.which("chromium") or shutil.which("chromium-browser")
with sync_playwright() as driver:
    browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
    page = browser.new_page(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    page.goto(f"{asked.page.resolve().as_uri()}#concept={asked.concept}")
    page.locator("#show-guidance").check(force=True)
    page.mouse.move(720, 28)
    page.locator("#panel").evaluate(OPEN)
    page.wait_for_timeout(800)
    picture = Image.open(io.BytesIO(page.screenshot()))
picture.convert("RGB").save(asked.picture, optimize=True)
