"""Pictures and groups in the web client."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Route, expect

from common.quotas import UPLOADS
from local.api_user import ApiUser
from local.api_user import upload as upload_to
from local.stack_probe import wait_for
from tests.browser.customer import Customer
from tests.browser.gallery import EXIF_WITH_LOCATION, file, tile, upload
from tests.harness import heif, pictures
from tests.harness.quotas import used_up

pytestmark = pytest.mark.xdist_group("browser")


def test_uploaded_pictures_are_shown_when_they_are_ready(customer: Customer) -> None:
    customer.opens("pictures")
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
    expect(tile(customer, "broken.png", "FAILED").locator(".muted")).not_to_be_empty()


def test_a_heic_of_which_the_browser_knows_no_type_is_shown(customer: Customer) -> None:
    customer.opens("pictures")

    upload(customer, file("IMG_1.HEIC", heif.heic(), ""))

    shown = tile(customer, "IMG_1.HEIC", "READY").get_by_role("img", name="IMG_1.HEIC")
    expect(shown).to_have_js_property("naturalWidth", 60)


def test_an_unsupported_file_is_refused_before_it_is_sent(customer: Customer) -> None:
    customer.opens("pictures")
    upload(customer, file("list.pdf", b"%PDF-1.4", "application/pdf"))

    problem = customer.page.get_by_role("alert")
    expect(problem).to_have_text(
        "Unsupported file type. Use JPEG, PNG, GIF, WebP, TIFF, AVIF or HEIC."
    )
    customer.page.get_by_role("button", name="Dismiss list.pdf").click()
    expect(problem).to_have_count(0)


def test_files_can_be_dropped(customer: Customer) -> None:
    customer.opens("pictures")
    dropped = customer.page.evaluate_handle(
        """bytes => {
            const dropped = new DataTransfer();
            const content = new Uint8Array(bytes);
            dropped.items.add(new File([content], "dragged.png", {type: "image/png"}));
            return dropped;
        }""",
        list(pictures.picture("image/png")),
    )
    customer.page.dispatch_event(".drop-zone", "drop", {"dataTransfer": dropped})

    expect(tile(customer, "dragged.png", "READY")).to_be_visible()


def test_an_upload_shows_its_progress_and_can_be_cancelled(customer: Customer) -> None:
    held: list[Route] = []
    customer.expects_console_error("net::ERR_FAILED")
    customer.page.route("**/storefront-imagesbucket-*", lambda route: held.append(route))
    customer.opens("pictures")
    upload(customer, file("slow.png", pictures.picture("image/png"), "image/png"))
    expect(customer.page.get_by_role("progressbar", name="Upload of slow.png")).to_be_visible()
    with customer.page.expect_response(
        lambda answer: answer.request.method == "DELETE"
    ) as deletion:
        customer.page.get_by_role("button", name="Cancel slow.png").click()

    assert deletion.value.status == 204
    expect(customer.page.get_by_role("progressbar")).to_have_count(0)
    expect(customer.page.get_by_text("No pictures yet")).to_be_visible()


def test_a_failed_upload_can_be_tried_again(customer: Customer) -> None:
    customer.expects_console_error("net::ERR_FAILED")
    customer.page.route("**/storefront-imagesbucket-*", lambda route: route.abort(), times=1)
    customer.opens("pictures")
    upload(customer, file("again.png", pictures.picture("image/png"), "image/png"))
    expect(customer.page.get_by_text("The upload failed.")).to_be_visible()

    customer.presses("Try again again.png")

    expect(tile(customer, "again.png", "READY")).to_be_visible()


def test_the_viewer_shows_metadata_and_on_request_the_location(customer: Customer) -> None:
    customer.opens("pictures")
    upload(customer, file("boat.jpg", pictures.jpeg(exif=EXIF_WITH_LOCATION)))
    tile(customer, "boat.jpg", "READY").get_by_role("link").click()
    viewer = customer.page.get_by_role("dialog", name="boat.jpg")

    expect(viewer.locator(".facts")).to_contain_text("Leica")
    viewer.get_by_text("All details").click()
    expect(viewer.get_by_role("row", name="Make Leica")).to_be_visible()
    expect(viewer.get_by_role("table", name="Location")).to_have_count(0)
    viewer.get_by_role("button", name="Show location").click()
    expect(viewer.get_by_role("row", name="GPSLatitude 52.5")).to_be_visible()
    expect(viewer.get_by_role("link", name="Open in OpenStreetMap")).to_be_visible()
    customer.page.keyboard.press("Escape")
    expect(viewer).to_have_count(0)


def test_a_picture_is_deleted_after_confirmation(customer: Customer) -> None:
    customer.opens("pictures")
    upload(customer, file("old.png", pictures.picture("image/png"), "image/png"))
    tile(customer, "old.png", "READY").get_by_role("link").click()

    customer.presses("Delete…")
    customer.presses("Delete")

    expect(customer.page.get_by_text("No pictures yet")).to_be_visible()
    expect(customer.page.get_by_role("dialog")).to_have_count(0)


def test_a_new_group_shows_what_is_uploaded_into_it(customer: Customer) -> None:
    name = f"Window of {customer.name}"
    customer.opens("groups")
    customer.fills("Name", name)
    customer.fills("Description", "goods in the window")
    customer.presses("Create group")
    customer.page.get_by_role("link", name=name).click()
    customer.sees(name)
    upload(customer, file("vase.png", pictures.picture("image/png"), "image/png"))
    expect(tile(customer, "vase.png", "READY")).to_be_visible()
    customer.opens("groups")
    customer.page.get_by_role("link", name=name).click()

    expect(tile(customer, "vase.png", "READY")).to_have_count(1)


def test_a_picture_of_another_user_is_not_listed_as_ones_own(
    customer: Customer, other: ApiUser
) -> None:
    group = other.request("POST", "/groups", {"name": f"Gallery for {customer.name}"}).body
    invitation = {"contentType": "image/png", "title": "theirs.png"}
    image = other.request("POST", f"/groups/{group['groupID']}/images", invitation).body
    assert upload_to(image["upload"], pictures.picture("image/png")) == 204
    path = f"/images/{image['imageID']}"
    wait_for(
        "the other user's picture", lambda: other.request("GET", path).body["status"] == "READY"
    )
    customer.opens(f"groups/{group['groupID']}")
    tile(customer, "theirs.png", "READY").get_by_role("link").click()
    viewer = customer.page.get_by_role("dialog")
    expect(viewer.get_by_role("img", name="theirs.png")).to_be_visible()
    expect(viewer.get_by_role("table")).to_have_count(0)
    customer.closes()
    customer.opens("pictures")

    expect(customer.page.get_by_text("No pictures yet")).to_be_visible()


def test_an_owner_edits_and_deletes_a_group(customer: Customer) -> None:
    page = customer.page
    customer.opens("groups")
    customer.fills("Name", f"Window of {customer.name}")
    customer.presses("Create group")
    page.get_by_role("link", name=f"Window of {customer.name}").click()
    customer.presses("Edit…")
    expect(page.get_by_label("Name")).to_have_value(f"Window of {customer.name}")
    customer.fills("Name", f"Door of {customer.name}")
    customer.fills("Description", "It is closed")
    customer.presses("Save")
    customer.sees(f"Door of {customer.name}")
    expect(page.get_by_text("It is closed")).to_be_visible()
    customer.presses("Delete…")
    customer.presses("Delete")

    customer.sees("Groups")
    expect(page.get_by_role("link", name=f"Door of {customer.name}")).to_have_count(0)


def test_only_its_owner_can_change_a_group(customer: Customer, other: ApiUser) -> None:
    group = other.request("POST", "/groups", {"name": "Theirs"}).body
    customer.opens(f"groups/{group['groupID']}")

    customer.sees("Theirs")
    expect(customer.page.get_by_text("No pictures yet")).to_be_visible()
    expect(customer.page.get_by_role("button", name="Edit…")).to_have_count(0)
    expect(customer.page.get_by_role("button", name="Delete…")).to_have_count(0)


def test_a_user_who_uploads_many_pictures_is_told_when_to_go_on(customer: Customer) -> None:
    """fault 73"""
    customer.expects_console_error("status of 429")
    user_id = ApiUser.sign_in(customer.outputs, customer.name).sub
    customer.opens("pictures")

    with used_up(customer.outputs, UPLOADS, user_id):
        upload(customer, file("door.jpg", pictures.picture("image/jpeg")))

        problem = customer.page.get_by_role("alert")
        expect(problem).to_have_text(re.compile(r"Too many uploads\. Try again in \d+ minutes?\."))
