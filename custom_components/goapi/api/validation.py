"""Check what a user types before it is sent anywhere."""

from ipaddress import ip_address, ip_network

from yarl import URL

# An account key of any of the services is far shorter; a pasted document is refused.
MAX_KEY_LENGTH = 512
MAX_URL_LENGTH = 2048

# The networks whose traffic stays on the machine or in the house: RFC 1122, 1918, 4193 and 4291.
LOCAL_NETWORKS = tuple(
    ip_network(network)
    for network in (
        "127.0.0.0/8",
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "::1/128",
        "fc00::/7",
        "fe80::/10",
    )
)


def normalize_api_key(text: str) -> str:
    """Return the key without the blanks around it; raise ValueError if no header could carry it.

    Printable ASCII alone is accepted (RFC 9110, section 5.5): anything else is a slip of the
    clipboard, and a line break would let a key forge headers.
    """
    key = text.strip()
    if not key or len(key) > MAX_KEY_LENGTH:
        raise ValueError("empty or too long")
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise ValueError("not printable ASCII, or blanks within")
    return key


def normalize_base_url(text: str) -> str:
    """Return the service's address without a slash at its end; raise ValueError if it is unsafe.

    It must be https, or http to localhost or a loopback or private address: the key travels with
    each request. User names, queries and fragments are refused: they are no part of a service's
    address and would be shown with it.
    """
    text = text.strip()
    if len(text) > MAX_URL_LENGTH:
        raise ValueError("too long")
    if not text.isprintable() or " " in text or "\\" in text:
        raise ValueError("not an address")
    url = URL(text)
    if not url.raw_host or url.user is not None or url.password is not None:
        raise ValueError("no host, or a user name")
    # Raises for a name that DNS cannot ask for, such as one with two dots in a row.
    url.raw_host.encode("idna")
    if url.query_string or url.fragment:
        raise ValueError("a query or a fragment")
    if url.scheme != "https" and not (url.scheme == "http" and _is_local(url.raw_host)):
        raise ValueError("neither https nor local")
    # The address of the whole endpoint is what documentation pages show.
    return str(url).rstrip("/").removesuffix("/account/info").rstrip("/")


def _is_local(host: str) -> bool:
    """Tell whether a host is surely on this machine or this network, without asking DNS."""
    if host == "localhost":
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return any(address in network for network in LOCAL_NETWORKS)
