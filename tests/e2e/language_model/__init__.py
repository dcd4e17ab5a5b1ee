"""A conversation agent that stands in for a language model: it calls the tool that it is told to.

Home Assistant gives it the tools of Assist, runs them, and keeps the conversation, as with any
other. Its answer is JSON: the tools with their parameters, and what the call returned.
"""

import json
from typing import Final, Literal, override

from probatio import to_openapi

from homeassistant.components.conversation import (
    AssistantContent,
    ChatLog,
    ConversationEntity,
    ConversationInput,
    ConversationResult,
    async_get_result_from_chat_log,
)
from homeassistant.components.conversation.const import DATA_COMPONENT
from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.llm import LLM_API_ASSIST, ToolInput
from homeassistant.helpers.typing import ConfigType

DOMAIN: Final = "language_model"
CONFIG_SCHEMA = cv.empty_config_schema(DOMAIN)


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Add the agent."""
    await hass.data[DATA_COMPONENT].async_add_entities([LanguageModel()])
    return True


class LanguageModel(ConversationEntity):
    """The agent `conversation.language_model`."""

    _attr_name = "Language model"

    @property
    @override
    def supported_languages(self) -> Literal["*"]:
        """Return that it understands all languages."""
        return "*"

    @override
    async def _async_handle_message(
        self, user_input: ConversationInput, chat_log: ChatLog
    ) -> ConversationResult:
        """Call the tool that a JSON text names, with its arguments, and answer with the result."""
        await chat_log.async_provide_llm_data(user_input.as_llm_context(DOMAIN), LLM_API_ASSIST)
        assert chat_log.llm_api
        serializer = chat_log.llm_api.custom_serializer
        tools = {
            tool.name: to_openapi(tool.parameters, custom_serializer=serializer)
            for tool in chat_log.llm_api.tools
        }
        asked = json.loads(user_input.text)
        call = ToolInput(tool_name=asked["tool"], tool_args=asked["arguments"])
        content = AssistantContent(agent_id=self.entity_id, tool_calls=[call])
        (returned,) = [each async for each in chat_log.async_add_assistant_content(content)]
        result = returned.result
        answer = {"tools": tools, "data": result.data, "is_error": result.error}
        chat_log.async_add_assistant_content_without_tools(
            AssistantContent(agent_id=self.entity_id, content=json.dumps(answer))
        )
        return async_get_result_from_chat_log(user_input, chat_log)
