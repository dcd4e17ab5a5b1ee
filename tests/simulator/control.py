"""Endpoints through which other processes steer the simulator."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
import json
from typing import TYPE_CHECKING, Any

from aiohttp import web

from .account import CREDIT, SimulatedAccount
from .amounts import number
from .clock import now
from .faults import Fault

if TYPE_CHECKING:
    from .server import Simulator

_REQUIRED = object()


@dataclass(frozen=True, slots=True)
class Field:
    """A field of an action's body; without a default it must be there."""

    parse: Callable[[Any], Any]
    default: Any = _REQUIRED


@dataclass(frozen=True, slots=True)
class Action:
    """Something to do, and the fields it takes as keyword arguments."""

    run: Callable[..., None]
    fields: Mapping[str, Field]


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("must be text")
    return value


def _number(value: Any) -> float:
    if (parsed := number(value)) is None or parsed < 0:
        raise ValueError("must be a number, zero or more")
    return parsed


def _times(value: Any) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError("must be a whole number above zero, or null")
    return value


def _fault(value: Any) -> Fault:
    if value not in list(Fault):
        raise ValueError(f"must be one of {', '.join(Fault)}")
    return Fault(value)


def _kind(value: Any) -> str | None:
    if value not in (None, *_KINDS):
        raise ValueError(f"must be one of {', '.join(_KINDS)}")
    return None if value is None else str(value)


def _anything(value: Any) -> Any:
    return value


def _add_key(simulator: Simulator, *, key: str, account: str | None) -> None:
    """Accept a key, for a new account of the given kind or for the first account."""
    simulator.accounts[key] = _first_account(simulator) if account is None else _KINDS[account]()


_KINDS: Mapping[str, Callable[[], SimulatedAccount]] = {
    "demo": lambda: SimulatedAccount.demo(now()),
    "documented": SimulatedAccount.documented,
}

_AMOUNT = {"amount": Field(_number), "quota": Field(_text, CREDIT)}

ACCOUNT_ACTIONS: Mapping[str, Action] = {
    "spend": Action(SimulatedAccount.spend, _AMOUNT),
    "top_up": Action(SimulatedAccount.top_up, _AMOUNT),
    "freeze": Action(SimulatedAccount.freeze, _AMOUNT),
    "release": Action(SimulatedAccount.release, _AMOUNT),
    "enable": Action(SimulatedAccount.enable, {}),
    "disable": Action(SimulatedAccount.disable, {}),
    "add_quota": Action(
        SimulatedAccount.add_quota,
        {
            "name": Field(_text),
            "remain": Field(_number),
            "used": Field(_number, 0),
            "frozen": Field(_number, 0),
        },
    ),
    "set": Action(SimulatedAccount.set, {"path": Field(_text), "value": Field(_anything)}),
    "remove": Action(SimulatedAccount.remove, {"path": Field(_text)}),
}


def _fail(simulator: Simulator, *, fault: Fault, times: int | None) -> None:
    simulator.fail(fault, times)


def _recover(simulator: Simulator) -> None:
    simulator.recover()


def _revoke_key(simulator: Simulator, *, key: str) -> None:
    if simulator.accounts.pop(key, None) is None:
        raise ValueError("no account has this key")


SERVICE_ACTIONS: Mapping[str, Action] = {
    "fail": Action(_fail, {"fault": Field(_fault), "times": Field(_times, None)}),
    "recover": Action(_recover, {}),
    "keys": Action(_add_key, {"key": Field(_text), "account": Field(_kind, None)}),
    "revoke": Action(_revoke_key, {"key": Field(_text)}),
}


def add_control_routes(app: web.Application, simulator: Simulator) -> None:
    """Add the control endpoints to an application."""

    async def show_state(_request: web.Request) -> web.Response:
        return web.json_response(state(simulator))

    async def act(request: web.Request) -> web.Response:
        name = request.match_info["action"]
        if name not in SERVICE_ACTIONS and name not in ACCOUNT_ACTIONS:
            return _problem(404, f"no action {name}")
        try:
            _perform(simulator, name, await _arguments(request))
        except ValueError as error:
            return _problem(400, str(error))
        return web.json_response(state(simulator))

    async def unknown(request: web.Request) -> web.Response:
        return _problem(404, f"no {request.method} {request.path}")

    routes: tuple[tuple[str, str, Callable[[web.Request], Awaitable[web.Response]]], ...] = (
        ("GET", "/simulator/state", show_state),
        ("POST", "/simulator/{action}", act),
        ("*", "/simulator/{path:.*}", unknown),
    )
    for method, path, handler in routes:
        app.router.add_route(method, path, handler)


def state(simulator: Simulator) -> dict[str, Any]:
    """Return what the simulator is doing."""
    return {
        "url": simulator.url,
        "fault": simulator.fault,
        "times": simulator.fault_times,
        "flat": simulator.flat,
        "requests": len(simulator.requests),
        "accounts": {key: account.data for key, account in simulator.accounts.items()},
    }


async def _arguments(request: web.Request) -> dict[str, Any]:
    try:
        arguments = json.loads(await request.read() or b"{}")
    except ValueError, RecursionError:
        raise ValueError("the body is not JSON") from None
    if isinstance(arguments, dict):
        return arguments
    raise ValueError("the body is not an object")


def _perform(simulator: Simulator, name: str, arguments: dict[str, Any]) -> None:
    if (action := SERVICE_ACTIONS.get(name)) is not None:
        action.run(simulator, **_parsed(action, arguments))
        return
    action = ACCOUNT_ACTIONS[name]
    key = arguments.pop("account", None)
    account = _first_account(simulator) if key is None else _account_of(simulator, key)
    action.run(account, **_parsed(action, arguments))


def _parsed(action: Action, arguments: Mapping[str, Any]) -> dict[str, Any]:
    if unknown := arguments.keys() - action.fields.keys():
        raise ValueError(f"unknown field {min(unknown)}")
    values = {}
    for name, field in action.fields.items():
        if name in arguments:
            try:
                values[name] = field.parse(arguments[name])
            except ValueError as error:
                raise ValueError(f"{name} {error}") from error
        elif field.default is _REQUIRED:
            raise ValueError(f"{name} is missing")
        else:
            values[name] = field.default
    return values


def _first_account(simulator: Simulator) -> SimulatedAccount:
    if not simulator.accounts:
        raise ValueError("there is no account")
    return simulator.account


def _account_of(simulator: Simulator, key: Any) -> SimulatedAccount:
    if not isinstance(key, str) or key not in simulator.accounts:
        raise ValueError("no account has this key")
    return simulator.accounts[key]


def _problem(status: int, message: str) -> web.Response:
    return web.json_response({"message": message}, status=status)
