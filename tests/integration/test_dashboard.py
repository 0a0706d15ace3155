"""The dashboard "Kickwatt" is offered to a frontend, where there is one."""

from http import HTTPStatus

from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.kickwatt.const import DOMAIN


async def test_the_frontend_loads_the_strategy(
    hass: HomeAssistant, hass_client: ClientSessionGenerator
) -> None:
    pytest.importorskip("hass_frontend", reason="only newest has its frontend here")
    assert await async_setup_component(hass, "frontend", {})
    assert await async_setup_component(hass, DOMAIN, {})
    (url,) = (
        url for url in hass.data["frontend_extra_module_url"].urls if DOMAIN in url
    )
    client = await hass_client()
    response = await client.get(url)
    assert response.status == HTTPStatus.OK
    assert response.content_type == "text/javascript"
    assert "ll-strategy-dashboard-kickwatt" in await response.text()


async def test_without_a_frontend_nothing_is_offered(hass: HomeAssistant) -> None:
    assert await async_setup_component(hass, DOMAIN, {})
    assert "frontend_extra_module_url" not in hass.data
