"""Test what a user may type."""

import pytest

from custom_components.goapi.api import normalize_api_key, normalize_base_url


@pytest.mark.parametrize("text", ["abc-123", "  abc-123\n", "\tabc-123 "])
def test_blanks_around_a_key_are_trimmed(text: str) -> None:
    """A key that was copied with blanks around it is the key."""
    assert normalize_api_key(text) == "abc-123"


@pytest.mark.parametrize(
    "text", ["", "  ", "a\nb", "a\x00b", "a\x7fb", "schlüssel", "a\u200bb", "a b", "x" * 513]
)
def test_what_no_header_carries_is_no_key(text: str) -> None:
    """Control characters, other alphabets and whole documents are refused."""
    with pytest.raises(ValueError, match=r"."):
        normalize_api_key(text)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://api.example.com", "https://api.example.com"),
        (" https://API.example.com/ ", "https://api.example.com"),
        ("https://example.com:8443/goapi//", "https://example.com:8443/goapi"),
        ("https://1.1.1.1", "https://1.1.1.1"),
        ("https://über.example.com", "https://xn--ber-goa.example.com"),
        ("http://localhost:8124", "http://localhost:8124"),
        ("http://127.0.0.1:8124/", "http://127.0.0.1:8124"),
        ("http://192.168.1.5", "http://192.168.1.5"),
        ("http://10.0.0.1", "http://10.0.0.1"),
        ("http://172.16.0.1", "http://172.16.0.1"),
        ("http://[::1]:8124", "http://[::1]:8124"),
        ("http://[fd00::1]", "http://[fd00::1]"),
        ("https://api.example.com/account/info", "https://api.example.com"),
        ("https://example.com/proxy/account/info/", "https://example.com/proxy"),
    ],
)
def test_address_is_normalized(text: str, url: str) -> None:
    """An https address, or an http one of this network, is taken without a slash at its end."""
    assert normalize_base_url(text) == url


@pytest.mark.parametrize(
    "text",
    [
        "",
        "api.example.com",
        "//api.example.com",
        "https://",
        "https:///path",
        "ftp://api.example.com",
        "file:///etc/passwd",
        "http://api.example.com",
        "http://1.1.1.1",
        "http://172.32.0.1",
        "http://127.1",
        "http://2130706433",
        "http://0.0.0.0",
        "http://localhost.example.com",
        "http://[::ffff:1.1.1.1]",
        "https://user@api.example.com",
        "https://user:password@api.example.com",
        "https://api.example.com?key=1",
        "https://api.example.com#part",
        "https://api.example.com:99999",
        "https://[::1",
        "https://api..example.com",
        pytest.param(f"https://{'x' * 64}.example.com", id="too long a label"),
        "https://api.example.com/a b",
        "https://api.example.com\\@evil.example",
        "https://api.example.com\n.evil.example",
        pytest.param("https://api.example.com/" + "x" * 2048, id="too long"),
    ],
)
def test_unsafe_address_is_refused(text: str) -> None:
    """What is no address, or would send the key in the clear through the internet, is refused."""
    with pytest.raises(ValueError, match=r"."):
        normalize_base_url(text)
