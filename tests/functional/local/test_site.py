"""The static site as the gateway serves it: pages, files, headers, and nothing outside."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from infra.local.edge.site import Site


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    build = tmp_path / "dist"
    (build / "assets").mkdir(parents=True)
    (build / "me").mkdir()
    (build / "index.html").write_text("<title>admin</title>")
    (build / "me" / "index.html").write_text("<title>me</title>")
    (build / "config.json").write_text("{}")
    (build / "assets" / "app-1.js").write_text("x" * 5000)
    (tmp_path / "secret.txt").write_text("secret")
    return TestClient(Site(build), base_url="http://site.example")


def test_the_configuration_is_the_stages_and_not_the_builds(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<title>admin</title>")
    (tmp_path / "config.json").write_text("{}")
    stage = {"apiBaseUrl": "/api", "locale": "en", "timeZone": "America/Manaus"}
    answer = TestClient(Site(tmp_path, stage)).get("/admin/config.json")
    assert answer.json() == stage
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("path", ["/admin/", "/admin/users", "/admin/users/abc-1"])
def test_every_page_of_the_application_is_its_index(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert "admin" in answer.text
    assert answer.headers["cache-control"] == "no-cache"


def test_a_personal_page_has_an_index_of_its_own(client: TestClient) -> None:
    assert "me" in client.get("/me/").text
    assert client.get("/me/other").status_code == 404


def test_files_with_a_hash_in_their_name_are_kept_and_compressed(client: TestClient) -> None:
    answer = client.get("/admin/assets/app-1.js")
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["content-type"].startswith("text/javascript")


def test_a_missing_file_is_not_the_index(client: TestClient) -> None:
    assert client.get("/admin/assets/app-2.js").status_code == 404


@pytest.mark.parametrize(
    "path", ["/admin/../secret.txt", "/admin/%2e%2e/secret.txt", "/me/..%2f..%2fsecret.txt"]
)
def test_nothing_outside_the_build_is_served(client: TestClient, path: str) -> None:
    assert "secret" not in client.get(path).text


def test_scripts_and_styles_come_from_the_site_alone(client: TestClient) -> None:
    policy = client.get("/admin/").headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy


def test_a_path_without_its_slash_is_sent_to_it(client: TestClient) -> None:
    answer = client.get("/admin", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (308, "/admin/")


def test_only_reading_is_allowed(client: TestClient) -> None:
    assert client.post("/admin/").status_code == 405


def test_a_site_that_is_not_built_says_how_to_build_it(tmp_path: Path) -> None:
    answer = TestClient(Site(tmp_path / "none")).get("/admin/")
    assert answer.status_code == 503
    assert "make site" in answer.text
