"""A body for each call that takes one, as a person would write it. Tests hold them against the schemas, and against a hub."""

from collections.abc import Mapping

_PLACE = {"street": "SunnyStreet", "number": "62", "city": "SilliconCity", "zip_code": "11-420"}  # fmt: skip
_HOST = {
    "ip": "192.0.2.7",
    "port": 502,
    "slave_address": 1,
    "description": "Cellar",
    "location": 1,
    "meter": "sdm630",
}
_REGISTER = {
    "address": 12,
    "measurement": "current",
    "unit": "A",
    "type": 3,
    "function_code": 4,
    "meter": "sdm630",
}
_ACCOUNT = {"username": "johndoe", "email": "johndoe@example.com", "password": "strong-password"}  # fmt: skip
_CHANGED_ACCOUNT = {"email": "john@example.com"}
_NAMES = {"measurements": ["active_power", "energy_import"]}
_POLLING = {"interval_s": 10, "raw_days": 30, "site_meter": True}
_TARIFF = {"kind": "fixed", "currency": "EUR", "per_kwh": 0.31}
_MODEL = {
    "title": "Eastron SDM72D-M, three phases",
    "source": "its manual",
    "bidirectional": True,
    "longest_read": 60,
    "defaults": {"function_code": 4, "kind": "float32"},
    "instantaneous": {"active_power": {"address": 52, "unit": "W"}},
    "cumulative": {"energy_import": {"address": 72, "unit": "kWh"}},
}
_HOUR = {"start": "2026-11-21T22:00:00Z", "end": "2026-11-21T23:00:00Z", "per_kwh": 0.19}  # fmt: skip
_NEAR = {"coordinates": [77.06, 28.71], "isActive": True}
_CHARGER = "/api/v1/chargers/{id}"

BODIES: Mapping[tuple[str, str], object] = {
    ("POST", "/api/v1/simulator/do"): {"do": "fault", "fault": "no_network", "lasts_s": 600},
    ("POST", "/api/v1/login"): {"name": "ann", "password": "correct horse"},
    ("PUT", "/api/v1/me/password"): {"old": "correct horse", "new": "battery staple"},
    ("POST", "/api/v1/chargers"): {"id": "scooter", "name": "Garage scooter"},
    ("PATCH", _CHARGER): {"name": "Garage", "settings": {"cutoff_w": 11.5}, "mode": {"name": "until_full"}},
    ("PUT", f"{_CHARGER}/desired"): {"relay": "on"},
    ("POST", f"{_CHARGER}/plan"): {"ready_by": "07:00", "target_wh": 300},
    ("POST", f"{_CHARGER}/key"): {"url": "http://hub.example:8422"},
    ("PUT", f"{_CHARGER}/keep"): {"raw_days": 30},
    ("PUT", f"{_CHARGER}/place"): {"longitude": 19.02, "latitude": 50.26, "address": "Sunny street 62"},
    ("POST", f"{_CHARGER}/cost"): {"tariff": _TARIFF, "start": "2026-11-01T00:00:00Z"},
    ("POST", "/api/v1/removed/{id}/restore"): {},
    ("PUT", "/api/v1/tariff"): _TARIFF,
    ("POST", "/api/v1/tariff/prices"): {"prices": [_HOUR]},
    ("POST", "/api/v1/users"): {"name": "ann", "password": "correct horse"},
    ("PATCH", "/api/v1/users/{name}"): {"email": "ann@example.com"},
    ("POST", "/api/v1/tokens"): {"name": "wall display", "scope": "read"},
    ("POST", "/api/v1/meters"): {"host": "192.0.2.7", "model": "sdm630", "name": "House", "site_meter": True},
    ("PATCH", "/api/v1/meters/{id}"): {"interval_s": 5},
    ("POST", "/api/v1/meter-models/{name}"): _MODEL,
    ("PATCH", "/api/v1/charger/chargerDesiredState"): {"status": "ON", "chargerId": "scooter"},
    ("POST", "/api/v1/charger/nearestChargers"): _NEAR,
    ("POST", "/api/v1/charger/nearestChargers/"): _NEAR,
    ("POST", "/auth/register"): _ACCOUNT,
    ("POST", "/auth/login"): {"username": "johndoe", "password": "strong-password"},
    ("POST", "/user/locations"): {"user": 1, **_PLACE},
    ("PATCH", "/user/locations/{id}"): {"number": "64"},
    ("POST", "/user/hosts"): {"user": 1, **_HOST},
    ("PATCH", "/user/hosts/{id}"): {"description": "Attic"},
    ("POST", "/user/hosts/{id}/measurements"): _NAMES,
    ("PATCH", "/user/hosts/{id}/polling"): _POLLING,
    ("POST", "/admin/users"): _ACCOUNT,
    ("PATCH", "/admin/users/{id}"): _CHANGED_ACCOUNT,
    ("POST", "/admin/locations"): {"user": 1, **_PLACE},
    ("PATCH", "/admin/locations/{id}"): {"number": "64"},
    ("POST", "/admin/meters"): {"name": "sdm330", "type": 2},
    ("PATCH", "/admin/meters/{id}"): {"type": 1},
    ("POST", "/admin/measurements"): {"measurement": "current", "type": 1},
    ("PATCH", "/admin/measurements/{id}"): {"type": 2},
    ("POST", "/admin/registers"): _REGISTER,
    ("PATCH", "/admin/registers/{id}"): {"scale": 0.1},
    ("POST", "/admin/hosts"): {"user": 1, **_HOST},
    ("PATCH", "/admin/hosts/{id}"): {"port": 503},
    ("PATCH", "/admin/hosts/{id}/polling"): _POLLING,
}  # fmt: skip
