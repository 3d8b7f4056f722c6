"""Pictures and groups in the web client."""

from __future__ import annotations

import pytest
from playwright.sync_api import FilePayload, Locator, Route, expect

from local.api_user import Shopper
from local.api_user import upload as upload_to
from local.stack_probe import seen
from tests import pictures
from tests.browser.conftest import Customer

pytestmark = pytest.mark.xdist_group("stack")

WITH_PLACE = pictures.exif(
    [pictures.ascii_tag(0x010F, "Leica")],
    gps=[
        pictures.ascii_tag(1, "N"),
        pictures.rational(2, (52, 1), (30, 1), (0, 1)),
        pictures.ascii_tag(3, "E"),
        pictures.rational(4, (13, 1), (15, 1), (0, 1)),
    ],
)


def file(name: str, content: bytes, content_type: str = "image/jpeg") -> FilePayload:
    return {"name": name, "mimeType": content_type, "buffer": content}


def upload(customer: Customer, *files: FilePayload) -> None:
    customer.page.get_by_label("choose some").set_input_files(list(files))


def tile(customer: Customer, title: str, status: str) -> Locator:
    tiles = customer.page.locator(f".tile[data-status={status}]")
    return tiles.filter(has=customer.page.get_by_text(title, exact=True))


def test_pictures_that_are_dropped_show_as_they_become_ready(customer: Customer) -> None:
    customer.open("pictures")
    expect(customer.page.get_by_text("No pictures yet")).to_be_visible()
    png = pictures.picture("image/png", 300, 200)
    upload(
        customer,
        file("window.png", png, "image/png"),
        file("door.jpg", pictures.picture("image/jpeg", 400, 300)),
        file("broken.png", png[:80], "image/png"),
    )

    for title in ("window.png", "door.jpg"):
        thumbnail = tile(customer, title, "READY").get_by_role("img", name=title)
        expect(thumbnail).to_have_js_property("complete", True)  # noqa: FBT003
        expect(thumbnail).not_to_have_js_property("naturalWidth", 0)
    expect(tile(customer, "broken.png", "FAILED").locator(".quiet")).not_to_be_empty()


def test_a_file_that_is_no_picture_is_refused_before_it_is_sent(customer: Customer) -> None:
    customer.open("pictures")
    upload(customer, file("list.pdf", b"%PDF-1.4", "application/pdf"))

    expect(customer.page.get_by_role("alert")).to_have_text("Not a JPEG, PNG, GIF, WebP or TIFF.")
    customer.page.get_by_role("button", name="Dismiss list.pdf").click()
    expect(customer.page.get_by_role("alert")).to_have_count(0)


def test_files_can_be_dragged_in(customer: Customer) -> None:
    customer.open("pictures")
    dropped = customer.page.evaluate_handle(
        """bytes => {
            const dropped = new DataTransfer();
            const content = new Uint8Array(bytes);
            dropped.items.add(new File([content], "dragged.png", {type: "image/png"}));
            return dropped;
        }""",
        list(pictures.picture("image/png")),
    )
    customer.page.dispatch_event(".drop", "drop", {"dataTransfer": dropped})

    expect(tile(customer, "dragged.png", "READY")).to_be_visible()


def test_an_upload_shows_its_progress_and_can_be_cancelled(customer: Customer) -> None:
    held: list[Route] = []
    customer.expects("net::ERR_FAILED")
    customer.page.route("**/storefront-imagesbucket-*", lambda route: held.append(route))
    customer.open("pictures")
    upload(customer, file("slow.png", pictures.picture("image/png"), "image/png"))
    expect(customer.page.get_by_role("progressbar", name="Upload of slow.png")).to_be_visible()
    with customer.page.expect_response(lambda answer: answer.request.method == "DELETE") as gone:
        customer.page.get_by_role("button", name="Cancel slow.png").click()

    assert gone.value.status == 204
    expect(customer.page.get_by_role("progressbar")).to_have_count(0)
    expect(customer.page.get_by_text("No pictures yet")).to_be_visible()


def test_an_upload_that_did_not_get_through_is_tried_again(customer: Customer) -> None:
    customer.expects("net::ERR_FAILED")
    customer.page.route("**/storefront-imagesbucket-*", lambda route: route.abort(), times=1)
    customer.open("pictures")
    upload(customer, file("again.png", pictures.picture("image/png"), "image/png"))
    expect(customer.page.get_by_text("The upload did not get through.")).to_be_visible()
    customer.press("Try again")

    expect(tile(customer, "again.png", "READY")).to_be_visible()


def test_the_viewer_shows_what_a_picture_says_and_its_place_on_request(customer: Customer) -> None:
    customer.open("pictures")
    upload(customer, file("boat.jpg", pictures.jpeg(exif=WITH_PLACE)))
    tile(customer, "boat.jpg", "READY").get_by_role("button").click()
    viewer = customer.page.get_by_role("dialog", name="boat.jpg")

    expect(viewer.get_by_role("row", name="Make Leica")).to_be_visible()
    expect(viewer.get_by_role("table", name="Place")).to_have_count(0)
    viewer.get_by_role("button", name="Show where it was taken").click()
    expect(viewer.get_by_role("row", name="GPSLatitude 52.5")).to_be_visible()
    expect(viewer.get_by_role("link", name="On OpenStreetMap")).to_be_visible()
    customer.page.keyboard.press("Escape")
    expect(viewer).to_have_count(0)


def test_a_picture_is_deleted_after_a_question(customer: Customer) -> None:
    customer.open("pictures")
    upload(customer, file("old.png", pictures.picture("image/png"), "image/png"))
    tile(customer, "old.png", "READY").get_by_role("button").click()
    customer.press("Delete…")
    customer.press("Delete it")

    expect(customer.page.get_by_text("No pictures yet")).to_be_visible()
    expect(customer.page.get_by_role("dialog")).to_have_count(0)


def test_a_group_is_created_and_shows_what_is_uploaded_into_it(customer: Customer) -> None:
    name = f"Window of {customer.name}"
    customer.open("groups")
    customer.type("Name", name)
    customer.type("Description", "what stands in it")
    customer.press("Create the group")
    customer.page.get_by_role("link", name=name).click()
    customer.sees(name)
    upload(customer, file("vase.png", pictures.picture("image/png"), "image/png"))
    expect(tile(customer, "vase.png", "READY")).to_be_visible()
    customer.open("groups")
    customer.page.get_by_role("link", name=name).click()

    expect(tile(customer, "vase.png", "READY")).to_have_count(1)


def test_somebody_elses_picture_does_not_become_ones_own(
    customer: Customer, other: Shopper
) -> None:
    group = other.request("POST", "/groups", {"name": f"Gallery for {customer.name}"}).body
    wanted = {"contentType": "image/png", "title": "theirs.png"}
    image = other.request("POST", f"/groups/{group['groupID']}/images", wanted).body
    assert upload_to(image["upload"], pictures.picture("image/png")) == 204
    path = f"/images/{image['imageID']}"
    seen("their picture", lambda: other.request("GET", path).body["status"] == "READY")
    customer.open(f"groups/{group['groupID']}")
    tile(customer, "theirs.png", "READY").get_by_role("button").click()
    viewer = customer.page.get_by_role("dialog")
    expect(viewer.get_by_role("img", name="theirs.png")).to_be_visible()
    expect(viewer.get_by_role("table")).to_have_count(0)
    customer.page.keyboard.press("Escape")
    customer.open("pictures")

    expect(customer.page.get_by_text("No pictures yet")).to_be_visible()


def test_an_owner_renames_and_deletes_a_group(customer: Customer) -> None:
    page = customer.page
    customer.open("groups")
    customer.type("Name", f"Window of {customer.name}")
    customer.press("Create the group")
    page.get_by_role("link", name=f"Window of {customer.name}").click()
    customer.press("Rename…")
    expect(page.get_by_label("Name")).to_have_value(f"Window of {customer.name}")
    customer.type("Name", f"Door of {customer.name}")
    customer.type("Description", "It is closed")
    customer.press("Rename the group")
    customer.sees(f"Door of {customer.name}")
    expect(page.get_by_text("It is closed")).to_be_visible()
    customer.press("Delete…")
    customer.press("Delete it")

    customer.sees("Groups")
    expect(page.get_by_role("link", name=f"Door of {customer.name}")).to_have_count(0)


def test_a_group_is_for_its_owner_alone_to_change(customer: Customer, other: Shopper) -> None:
    group = other.request("POST", "/groups", {"name": "Theirs"}).body
    customer.open(f"groups/{group['groupID']}")

    customer.sees("Theirs")
    expect(customer.page.get_by_text("No pictures yet")).to_be_visible()
    expect(customer.page.get_by_role("button", name="Rename…")).to_have_count(0)
    expect(customer.page.get_by_role("button", name="Delete…")).to_have_count(0)
