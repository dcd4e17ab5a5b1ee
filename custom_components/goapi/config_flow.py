"""Configure an account, give it a new key or another address, and choose its options."""

from collections.abc import Mapping
from typing import Any, override

import voluptuous as vol

from homeassistant.components.webhook import async_generate_id
from homeassistant.config_entries import (
    SOURCE_REAUTH,
    SOURCE_RECONFIGURE,
    ConfigEntry,
    ConfigFlow,
    ConfigFlowResult,
    OptionsFlowWithReload,
)
from homeassistant.const import (
    CONF_API_KEY,
    CONF_SCAN_INTERVAL,
    CONF_URL,
    CONF_WEBHOOK_ID,
    UnitOfTime,
)
from homeassistant.core import callback
from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectSelector,
    SelectSelectorConfig,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)

from .api import Account, GoAPIError, normalize_api_key, normalize_base_url
from .const import (
    CONF_FORECAST_DAYS,
    CONF_NOTICES,
    CONF_RUNNING_TASKS,
    CONF_SERVICE,
    CONF_SPIKE_MULTIPLE,
    CONF_USAGE,
    DEFAULT_FORECAST_DAYS,
    DEFAULT_RUNNING_TASKS,
    DEFAULT_SCAN_INTERVAL,
    DEFAULT_SPIKE_MULTIPLE,
    DOMAIN,
    MAX_FORECAST_DAYS,
    MAX_SCAN_INTERVAL,
    MAX_SPIKE_MULTIPLE,
    MIN_FORECAST_DAYS,
    MIN_SCAN_INTERVAL,
    MIN_SPIKE_MULTIPLE,
    SERVICE_OTHER,
    SERVICES,
)
from .coordinator import GoAPIConfigEntry, create_client
from .webhook import NoAddressError, async_create_address, async_delete_address

KEY_SELECTOR = TextSelector(TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="off"))
SERVICE_SELECTOR = SelectSelector(
    SelectSelectorConfig(options=[*SERVICES, SERVICE_OTHER], translation_key="service")
)
SERVER_SCHEMA = vol.Schema(
    {vol.Optional(CONF_URL): TextSelector(TextSelectorConfig(type=TextSelectorType.URL))}
)
SERVICE = {vol.Required(CONF_SERVICE): SERVICE_SELECTOR}
# The step that asks for the key, where an entry is changed.
KEY_STEPS: dict[str | None, str] = {
    SOURCE_REAUTH: "reauth_confirm",
    SOURCE_RECONFIGURE: "reconfigure",
}
KEY_SCHEMAS = {
    "user": vol.Schema({vol.Required(CONF_API_KEY): KEY_SELECTOR} | SERVICE),
    "reauth_confirm": vol.Schema({vol.Required(CONF_API_KEY): KEY_SELECTOR}),
    "reconfigure": vol.Schema({vol.Optional(CONF_API_KEY): KEY_SELECTOR} | SERVICE),
}


def _number(low: float, high: float, unit: str) -> NumberSelector:
    """Return a selector of a whole number."""
    return NumberSelector(
        NumberSelectorConfig(
            min=low, max=high, step=1, unit_of_measurement=unit, mode=NumberSelectorMode.BOX
        )
    )


OPTIONS_SCHEMA = vol.Schema(
    {
        vol.Required(
            CONF_SCAN_INTERVAL, default=DEFAULT_SCAN_INTERVAL.total_seconds() / 60
        ): _number(
            MIN_SCAN_INTERVAL.total_seconds() / 60,
            MAX_SCAN_INTERVAL.total_seconds() / 60,
            UnitOfTime.MINUTES,
        ),
        vol.Required(CONF_FORECAST_DAYS, default=DEFAULT_FORECAST_DAYS): _number(
            MIN_FORECAST_DAYS, MAX_FORECAST_DAYS, UnitOfTime.DAYS
        ),
        vol.Required(CONF_SPIKE_MULTIPLE, default=DEFAULT_SPIKE_MULTIPLE): _number(
            MIN_SPIKE_MULTIPLE,
            MAX_SPIKE_MULTIPLE,
            "×",  # noqa: RUF001
        ),
        vol.Required(CONF_RUNNING_TASKS, default=DEFAULT_RUNNING_TASKS): BooleanSelector(),
        vol.Required(CONF_USAGE, default=False): BooleanSelector(),
        vol.Required(CONF_NOTICES, default=False): BooleanSelector(),
    }
)
CONF_NEW_ADDRESS = "new_address"
NOTICES_SCHEMA = vol.Schema({vol.Required(CONF_NEW_ADDRESS, default=False): BooleanSelector()})
# Another key resolves these errors, another address does not.
KEY_ERRORS = {"invalid_auth", "wrong_account"}
# The addresses in the texts of the forms: translations hold none.
PLACEHOLDERS = {f"{name}_keys_url": service.keys_url for name, service in SERVICES.items()} | {
    "example_url": "https://api.example.com"
}


def account_title(account: Account) -> str:
    """Return the title of an account's entry: its name, unless that is an e-mail address."""
    if account.name and "@" not in account.name:
        return account.name
    return f"GoAPI {account.id}"


class GoAPIConfigFlow(ConfigFlow, domain=DOMAIN):
    """Checks the key before an entry is created or changed; an error leaves the form open."""

    VERSION = 1
    MINOR_VERSION = 1

    def __init__(self) -> None:
        """Start with nothing typed."""
        self._data: dict[str, Any] = {CONF_SERVICE: next(iter(SERVICES))}
        self._title = ""

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: GoAPIConfigEntry) -> GoAPIOptionsFlow:
        """Return the options flow."""
        return GoAPIOptionsFlow()

    @override
    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the key and the service of a new account."""
        return await self._async_step_key(user_input)

    async def async_step_reauth(self, entry_data: Mapping[str, Any]) -> ConfigFlowResult:
        """Start to ask for a new key, as the service refuses the present one."""
        return await self.async_step_reauth_confirm()

    async def async_step_reauth_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for a new key of the same account."""
        return await self._async_step_key(user_input)

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for another key, which is optional, and the service of the same account."""
        return await self._async_step_key(user_input)

    @property
    def _entry(self) -> ConfigEntry | None:
        """Return the entry that is changed, None if one is added."""
        if self.source == SOURCE_REAUTH:
            return self._get_reauth_entry()
        return self._get_reconfigure_entry() if self.source == SOURCE_RECONFIGURE else None

    async def _async_step_key(self, user_input: dict[str, Any] | None) -> ConfigFlowResult:
        """Check the key, and the service where the form asks for it."""
        if self._entry is not None:
            # What is not typed stays as it is now, not as it was when the dialog was opened.
            self._data = dict(self._entry.data)
        if user_input is None:
            return self._show_key_form()
        self._data[CONF_SERVICE] = user_input.get(CONF_SERVICE, self._data[CONF_SERVICE])
        typed_key: str = user_input.get(CONF_API_KEY, "")
        if typed_key.strip() or self.source != SOURCE_RECONFIGURE:
            try:
                self._data[CONF_API_KEY] = normalize_api_key(typed_key)
            except ValueError:
                return self._show_key_form({CONF_API_KEY: "invalid_api_key"})
        if user_input.get(CONF_SERVICE) == SERVICE_OTHER:
            return await self.async_step_server()
        if errors := await self._async_ask_api():
            return self._show_key_form(errors)
        return self._finish()

    async def async_step_server(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the address of a service that is neither GoAPI's nor PiAPI's."""
        errors: dict[str, str] = {}
        if user_input is not None:
            typed_url: str = user_input.get(CONF_URL, "").strip()
            if not typed_url:
                return self._show_key_form()
            self._data[CONF_URL] = typed_url
            try:
                self._data[CONF_URL] = normalize_base_url(typed_url)
            except ValueError:
                errors[CONF_URL] = "invalid_url"
            else:
                errors = await self._async_ask_api()
                if errors.get("base") in KEY_ERRORS:
                    return self._show_key_form(errors)
                if not errors:
                    return self._finish()
        return self.async_show_form(
            step_id="server",
            data_schema=self.add_suggested_values_to_schema(SERVER_SCHEMA, self._data),
            errors=errors,
            description_placeholders=PLACEHOLDERS,
        )

    async def _async_ask_api(self) -> dict[str, str]:
        """Ask the API whose key it is; return the errors of the form."""
        try:
            account = await create_client(self.hass, self._data).get_account()
        except GoAPIError as err:
            return {"base": err.code}
        await self.async_set_unique_id(account.id, raise_on_progress=False)
        if self._entry is None:
            self._abort_if_unique_id_configured()
        elif account.id != self._entry.unique_id:
            return {"base": "wrong_account"}
        self._title = account_title(account)
        return {}

    def _show_key_form(self, errors: dict[str, str] | None = None) -> ConfigFlowResult:
        """Show the form that asks for the key, which is never sent back to the browser."""
        step_id = KEY_STEPS.get(self.source, "user")
        suggested = {CONF_SERVICE: self._data[CONF_SERVICE]}
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(KEY_SCHEMAS[step_id], suggested),
            errors=errors,
            description_placeholders=PLACEHOLDERS,
        )

    def _finish(self) -> ConfigFlowResult:
        """Create the entry, or change the one that the flow is about."""
        if self._data[CONF_SERVICE] != SERVICE_OTHER:
            self._data.pop(CONF_URL, None)
        if self._entry is None:
            return self.async_create_entry(title=self._title, data=self._data)
        return self.async_update_reload_and_abort(self._entry, data=self._data)


class GoAPIOptionsFlow(OptionsFlowWithReload):
    """Chooses what to poll and how to evaluate; the entry is reloaded if that changes."""

    def __init__(self) -> None:
        """Start with nothing chosen."""
        self._options: dict[str, Any] = {}
        self._unused_ids: set[str] = set()

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the polling interval in minutes, the window in days, and what else to watch."""
        if user_input is None:
            return self._show_options_form(self.config_entry.options)
        self._options = {
            **self.config_entry.options,
            **{
                name: value if isinstance(value, bool) else int(value)
                for name, value in user_input.items()
            },
        }
        if user_input[CONF_NOTICES]:
            return await self.async_step_notices()
        return self.async_create_entry(data=self._options)

    async def async_step_notices(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show the address that the service is to post notices to, or make a new one."""
        before = self.config_entry.options.get(CONF_WEBHOOK_ID)
        if user_input is not None and not user_input[CONF_NEW_ADDRESS]:
            if before is not None:
                self._unused_ids.add(before)
            self._unused_ids.discard(self._options[CONF_WEBHOOK_ID])
            return self.async_create_entry(data=self._options)
        if user_input is not None or before is None:
            webhook_id = async_generate_id()
            self._options[CONF_WEBHOOK_ID] = webhook_id
            self._unused_ids.add(webhook_id)
        try:
            address = await async_create_address(self.hass, self._options[CONF_WEBHOOK_ID])
        except NoAddressError as err:
            return self._show_options_form(self._options, {"base": str(err)})
        return self.async_show_form(
            step_id="notices",
            data_schema=NOTICES_SCHEMA,
            description_placeholders={"address": address},
        )

    @callback
    @override
    def async_remove(self) -> None:
        """Delete the addresses that were made or replaced, and are not used."""
        for webhook_id in self._unused_ids:
            self.hass.async_create_task(async_delete_address(self.hass, webhook_id))

    def _show_options_form(
        self, options: Mapping[str, Any], errors: dict[str, str] | None = None
    ) -> ConfigFlowResult:
        """Show the form with the options as they are, or were typed."""
        return self.async_show_form(
            step_id="init",
            data_schema=self.add_suggested_values_to_schema(OPTIONS_SCHEMA, options),
            errors=errors,
        )
