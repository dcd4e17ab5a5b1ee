"""A client of Home Assistant's own REST and websocket API."""

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
import json
from typing import Any, Final
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import ProxyHandler, Request, build_opener

import aiohttp

from .configuration import Access

TIMEOUT: Final = 30

# What the environment says about proxies does not concern loopback.
_opener = build_opener(ProxyHandler({}))


class ApiError(Exception):
    """Home Assistant refused a request."""

    def __init__(self, request: str, status: int | str, body: str) -> None:
        """Keep the status, which a test may expect."""
        super().__init__(f"{request}: {status} {body[:500]}")
        self.status = status


def request_json(
    method: str, url: str, body: object = None, headers: Mapping[str, str] | None = None
) -> Any:
    """Send a request to a server on loopback and return its JSON answer."""
    headers = {"Content-Type": "application/json", **(headers or {})}
    data = None if body is None else json.dumps(body).encode()
    request = Request(url, data, headers, method=method)  # noqa: S310 (our own URL)
    try:
        with _opener.open(request, timeout=TIMEOUT) as response:
            text: str = response.read().decode()
            is_json = response.headers.get_content_type() == "application/json"
    except HTTPError as error:
        with error:
            raise ApiError(
                f"{method} {url}", error.code, error.read().decode(errors="replace")
            ) from error
    return json.loads(text) if is_json else text


class Client:
    """What the tests and the demo ask of a running Home Assistant."""

    def __init__(self, access: Access) -> None:
        """Talk to the server with the owner's token."""
        self._access = access

    def get(self, path: str) -> Any:
        """Return the answer to a GET of `/api/<path>`."""
        return self._request("GET", path)

    def post(self, path: str, body: object = None) -> Any:
        """Return the answer to a POST to `/api/<path>`."""
        return self._request("POST", path, {} if body is None else body)

    def delete(self, path: str) -> Any:
        """Return the answer to a DELETE of `/api/<path>`."""
        return self._request("DELETE", path)

    def _request(self, method: str, path: str, body: object = None) -> Any:
        headers = {"Authorization": f"Bearer {self._access.token}"}
        return request_json(method, f"{self._access.url}/api/{path}", body, headers)

    def call(self, action: str, **data: object) -> Any:
        """Perform an action such as `homeassistant.update_entity`."""
        domain, _, name = action.partition(".")
        return self.post(f"services/{domain}/{name}", data)

    def state(self, entity_id: str) -> str | None:
        """Return the state of an entity, None if there is no such entity."""
        found = self.state_object(entity_id)
        return None if found is None else found["state"]

    def state_object(self, entity_id: str) -> dict[str, Any] | None:
        """Return the state of an entity with its attributes."""
        try:
            found: dict[str, Any] = self.get(f"states/{quote(entity_id)}")
        except ApiError as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise
        return found

    def entries(self, domain: str) -> list[dict[str, Any]]:
        """Return the configuration entries of an integration."""
        found: list[dict[str, Any]] = self.get(f"config/config_entries/entry?domain={domain}")
        return found

    def entities(self, domain: str) -> list[dict[str, Any]]:
        """Return the entity registry's entries of an integration, in the registry's order."""
        (registry,) = self.ask({"type": "config/entity_registry/list"})
        return [entity for entity in registry if entity["platform"] == domain]

    def device(self, name: str) -> str | None:
        """Return the id of the device of that name, None if there is no such device."""
        (registry,) = self.ask({"type": "config/device_registry/list"})
        return next((device["id"] for device in registry if device["name"] == name), None)

    def statistics(self, source: str) -> list[dict[str, Any]]:
        """Return the long-term statistics that an integration has written itself."""
        (found,) = self.ask({"type": "recorder/list_statistic_ids"})
        return [each for each in found if each["source"] == source]

    def ask(self, *commands: dict[str, Any]) -> list[Any]:
        """Send commands over one websocket connection and return their results."""
        # A browser that is driven from this thread has its event loop here: use another thread.
        with ThreadPoolExecutor(1) as executor:
            return executor.submit(asyncio.run, self._ask(commands)).result(TIMEOUT * 2)

    async def _ask(self, commands: tuple[dict[str, Any], ...]) -> list[Any]:
        results = []
        async with (
            asyncio.timeout(TIMEOUT),
            aiohttp.ClientSession() as session,
            session.ws_connect(f"{self._access.url}/api/websocket", max_msg_size=0) as socket,
        ):
            await socket.receive_json()
            await socket.send_json({"type": "auth", "access_token": self._access.token})
            answer = await socket.receive_json()
            if answer["type"] != "auth_ok":
                raise ApiError("websocket", answer["type"], "")
            for number, command in enumerate(commands, 1):
                await socket.send_json({"id": number, **command})
                while (answer := await socket.receive_json()).get("type") != "result":
                    pass
                if not answer["success"]:
                    error = answer["error"]
                    raise ApiError(command["type"], error["code"], error["message"])
                results.append(answer["result"])
        return results
