"""Tools for assistants: what an account has left, what it can afford, and what it used.

Home Assistant looks for this file since 2026.8. What it imports is there since 2026.10; before, the
import fails, Home Assistant passes over it, and there are no tools.
"""

from abc import abstractmethod
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, override

import voluptuous as vol

from homeassistant.components.homeassistant import async_should_expose
from homeassistant.components.llm import LLMTools
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.llm import (
    LLM_API_ASSIST,
    LLMContext,
    Tool,
    ToolAnnotations,
    ToolInput,
    ToolResult,
)
from homeassistant.util import dt as dt_util, ensure_unique_string

from .accounting import AccountSummary
from .answers import account_numbers, can_afford, short_names, usage_rows
from .api.models import CREDIT_PACKS
from .const import DOMAIN
from .coordinator import GoAPIConfigEntry, GoAPICoordinator
from .names import balance_unit

YESTERDAY = "yesterday"
# What an assistant is told of a balance, by the names of the action `get_account`.
BALANCE_FACTS = (
    "name",
    "unit",
    "remaining",
    "low",
    "threshold",
    "spent_today",
    "spent_this_month",
    "burn_rate_per_day",
    "projected_spend",
    "monthly_budget",
    "budget_used_percent",
    "daily_limit",
)
# How many days ago a period began. They last until now, but for yesterday.
PERIODS = {"today": 0, YESTERDAY: 1, "last_7_days": 6, "last_30_days": 29}
GROUPS = ("model", "task_type")

type Accounts = Mapping[str, GoAPIConfigEntry]


@callback
def async_get_tools(hass: HomeAssistant, llm_context: LLMContext, api_id: str) -> LLMTools | None:
    """Return the tools for the accounts that are exposed, None if there are none."""
    if api_id != LLM_API_ASSIST or not (accounts := _exposed_accounts(hass, llm_context)):
        return None
    tools: list[Tool] = [GetAccountTool(accounts), CanAffordTool(accounts)]
    if with_usage := {name: each for name, each in accounts.items() if each.runtime_data.usage}:
        tools.append(GetUsageTool(with_usage))
    return LLMTools(tools)


def _exposed_accounts(hass: HomeAssistant, llm_context: LLMContext) -> Accounts:
    """Return the accounts by name whose main balance is exposed to the assistant."""
    registry = er.async_get(hass)
    accounts: dict[str, GoAPIConfigEntry] = {}
    entries: list[GoAPIConfigEntry] = hass.config_entries.async_loaded_entries(DOMAIN)
    for entry in entries:
        data = entry.runtime_data.data
        sensor = registry.async_get_entity_id(
            Platform.SENSOR, DOMAIN, f"{data.account.id}_{data.main}"
        )
        # A disabled sensor has no state.
        if (
            sensor
            and hass.states.get(sensor)
            and async_should_expose(hass, llm_context.assistant, sensor)
        ):
            accounts[ensure_unique_string(entry.title, accounts)] = entry
    return accounts


class AccountTool(Tool):
    """A tool that reads an account and changes nothing."""

    integration = DOMAIN
    annotations = ToolAnnotations(
        read_only=True, destructive=False, idempotent=True, open_world=False
    )

    def __init__(self, accounts: Accounts) -> None:
        """Ask which account is meant if there are several."""
        self._accounts = accounts
        names = list(accounts)
        account: vol.Marker = vol.Required("account")
        if len(names) == 1:
            account = vol.Optional("account", default=names[0])
        self.parameters = vol.Schema({account: vol.In(names), **self._fields(accounts)})

    @override
    async def async_call(
        self, hass: HomeAssistant, tool_input: ToolInput, llm_context: LLMContext
    ) -> ToolResult:
        """Return the answer, or an error that says why there is none."""
        data = self.parameters(tool_input.tool_args)
        # It may have been unloaded, or be no longer exposed, since the tool was listed.
        entry = self._accounts[data["account"]]
        if entry not in _exposed_accounts(hass, llm_context).values():
            return ToolResult({"error": "The account is not available"}, error=True)
        try:
            return ToolResult(self._answer(hass, entry.runtime_data, data))
        except HomeAssistantError as err:
            return ToolResult({"error": str(err)}, error=True)

    def _fields(self, accounts: Accounts) -> dict[vol.Marker, Any]:
        """Return the parameters besides the account."""
        return {}

    @abstractmethod
    def _answer(
        self, hass: HomeAssistant, account: GoAPICoordinator, data: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return the answer; raise HomeAssistantError if there is none."""


class GetAccountTool(AccountTool):
    """Tells what is left of each balance in use, how long it lasts, and what expires."""

    name = "goapi__get_account"
    title = "Get GoAPI account"
    description = (
        "Get what a GoAPI account has left of each balance (US dollars, credits, Midjourney and "
        "other quotas), when it runs out at the present burn rate, what was spent, what will have "
        "been spent at the end of this month (projected_spend), and credits that expire. Amounts "
        "are in the unit of their balance, dates are local. What is missing in the answer is "
        "unknown or not set, never zero."
    )

    @override
    def _answer(
        self, hass: HomeAssistant, account: GoAPICoordinator, data: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return what is known."""
        numbers = account_numbers(hass, account)
        summary = account.data
        unit = balance_unit(hass, CREDIT_PACKS)
        return _known(
            {
                "account": numbers["account"],
                "status": numbers["status"],
                "plan": numbers["plan"],
                "balances": _balances(summary, numbers["balances"]),
                "expiring": [
                    {"left": pack.left, "unit": unit, **_when("expires", pack.ends_at)}
                    for pack in summary.expiring
                ],
            }
        )


class CanAffordTool(AccountTool):
    """Tells whether a balance covers an amount."""

    name = "goapi__can_afford"
    title = "Check what a GoAPI account can afford"
    description = "Check whether a balance of a GoAPI account covers an amount."

    @override
    def _fields(self, accounts: Accounts) -> dict[vol.Marker, Any]:
        """Return the parameters besides the account."""
        names = {name for each in accounts.values() for name in short_names(each.runtime_data.data)}
        return {
            vol.Required("amount", description="In the unit of the balance"): vol.Coerce(float),
            vol.Optional(
                "balance", description="Leave out for the main balance; mj is Midjourney"
            ): vol.In(sorted(names)),
        }

    @override
    def _answer(
        self, hass: HomeAssistant, account: GoAPICoordinator, data: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return what the action returns."""
        return can_afford(hass, account, data.get("balance"), data["amount"])


class GetUsageTool(AccountTool):
    """Tells what each model used."""

    name = "goapi__get_usage"
    title = "Get GoAPI usage"
    description = (
        "Get how many tasks a GoAPI account ran, how many failed, and what they used, for each "
        "model or type of task. Usage is in units of its usage_type; never add different types. "
        "The answer is not complete while the history of tasks is still being read."
    )

    @override
    def _fields(self, accounts: Accounts) -> dict[vol.Marker, Any]:
        """Return the parameters besides the account."""
        return {
            vol.Required("period"): vol.In(PERIODS),
            vol.Optional("group_by", default=GROUPS[0]): vol.In(GROUPS),
        }

    @override
    def _answer(
        self, hass: HomeAssistant, account: GoAPICoordinator, data: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return what the action returns."""
        period, today = data["period"], dt_util.start_of_local_day()
        start = today - timedelta(days=PERIODS[period])
        end = today if period == YESTERDAY else None
        usage = usage_rows(account, start, end, data["group_by"])
        return {**usage, "rows": [_known(row) for row in usage["rows"]]}


def _balances(summary: AccountSummary, numbers: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what is known of the balances in use, the main one first."""
    names = sorted(short_names(summary).items(), key=lambda each: each[1] != summary.main)
    return [
        {"balance": name}
        | _known({fact: numbers[key].get(fact) for fact in BALANCE_FACTS})
        | _when("runs_out", summary.balances[key].runs_out)
        for name, key in names
        if summary.balances[key].is_in_use or key == summary.main
    ]


def _when(what: str, moment: datetime | None) -> dict[str, Any]:
    """Return when something happens: the local time, and in how many days."""
    if moment is None:
        return {}
    local = dt_util.as_local(moment)
    return {
        what: local.strftime("%Y-%m-%d %H:%M"),
        f"{what}_in_days": (local.date() - dt_util.now().date()).days,
    }


def _known(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return an answer without what is unknown."""
    return {key: value for key, value in answer.items() if value is not None}
