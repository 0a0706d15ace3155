"""The old system's database, in both generations of its tables, with something of everything in it."""

import base64
import hashlib

import psycopg

PASSWORD = "1"
"""It took passwords like this."""


def django_hash(password: str, rounds: int = 1_000) -> str:
    """Return what Django stores of a password; real ones have 180,000 rounds."""
    digest = hashlib.pbkdf2_hmac("sha256", password.encode(), b"salt", rounds)
    return f"pbkdf2_sha256${rounds}$salt${base64.b64encode(digest).decode()}"


_USERS = """
CREATE TABLE accounts_user (id serial PRIMARY KEY, password varchar(128) NOT NULL, last_login timestamptz,
  is_superuser boolean NOT NULL, first_name varchar(30) NOT NULL, last_name varchar(150) NOT NULL, is_staff boolean NOT NULL,
  is_active boolean NOT NULL, date_joined timestamptz NOT NULL, username varchar(64) NOT NULL UNIQUE, email varchar(254) NOT NULL UNIQUE);
CREATE TABLE management_location (id serial PRIMARY KEY, street varchar(32) NOT NULL, number varchar(8) NOT NULL,
  city varchar(32) NOT NULL, zip_code varchar(6) NOT NULL, coord_x double precision, coord_y double precision, user_id integer NOT NULL);
"""
_NUMBERED = """
CREATE TABLE management_meter (id integer PRIMARY KEY, name varchar(64) NOT NULL, type integer NOT NULL);
CREATE TABLE management_measurement (measurement varchar(64) PRIMARY KEY, type integer NOT NULL);
CREATE TABLE management_register (id serial PRIMARY KEY, address integer NOT NULL, unit varchar(8), type integer NOT NULL,
  function_code integer NOT NULL, measurement_id varchar(64) NOT NULL, meter_id integer NOT NULL);
CREATE TABLE management_host (id serial PRIMARY KEY, ip varchar(64) NOT NULL, port integer NOT NULL, slave_address smallint NOT NULL,
  description varchar(128) NOT NULL, location_id integer NOT NULL, meter_id integer NOT NULL, user_id integer NOT NULL);
CREATE TABLE management_chosenmeasurements (id serial PRIMARY KEY, host_id integer NOT NULL, measurement_id varchar(64) NOT NULL);
INSERT INTO management_meter VALUES (7, 'sdm999', 2);
INSERT INTO management_measurement VALUES ('my_power', 1), ('my_energy', 2);
INSERT INTO management_register (address, unit, type, function_code, measurement_id, meter_id)
  VALUES (12, 'W', 3, 3, 'my_power', 7), (72, NULL, 3, 4, 'my_energy', 7);
INSERT INTO management_host (ip, port, slave_address, description, location_id, meter_id, user_id)
  VALUES ('192.0.2.7', 502, 1, E'tab\\there\\\\', 1, 7, 3), ('192.0.2.8', 502, 1, 'x', 1, 7, 4);
INSERT INTO management_chosenmeasurements (host_id, measurement_id) VALUES (1, 'my_power');
"""
_NAMED = """
CREATE TABLE management_meter (name varchar(64) PRIMARY KEY, type integer NOT NULL);
CREATE TABLE management_measurement (name varchar(64) PRIMARY KEY, type integer NOT NULL);
CREATE TABLE management_register (id serial PRIMARY KEY, address integer NOT NULL, unit varchar(8), type integer NOT NULL,
  function_code integer NOT NULL, measurement_id varchar(64) NOT NULL, meter_id varchar(64) NOT NULL);
CREATE TABLE management_host (id serial PRIMARY KEY, ip varchar(64) NOT NULL, port integer NOT NULL, slave_address smallint NOT NULL,
  description varchar(128), location_id integer NOT NULL, meter_id varchar(64) NOT NULL, user_id integer NOT NULL);
CREATE TABLE management_assignedmeasurement (id serial PRIMARY KEY, host_id integer NOT NULL, measurement_id varchar(64) NOT NULL);
INSERT INTO management_meter VALUES ('sdm999', 2);
INSERT INTO management_measurement VALUES ('my_power', 1), ('my_energy', 2);
INSERT INTO management_register (address, unit, type, function_code, measurement_id, meter_id)
  VALUES (12, 'W', 3, 3, 'my_power', 'sdm999'), (72, NULL, 3, 4, 'my_energy', 'sdm999');
INSERT INTO management_host (ip, port, slave_address, description, location_id, meter_id, user_id)
  VALUES ('192.0.2.7', 502, 1, E'tab\\there\\\\', 1, 'sdm999', 3), ('192.0.2.8', 502, 1, NULL, 1, 'sdm999', 4);
INSERT INTO management_assignedmeasurement (host_id, measurement_id) VALUES (1, 'my_power');
"""
GENERATIONS = {"numbered": _NUMBERED, "named": _NAMED}


def fill(url: str, generation: str) -> None:
    """Make the old system's tables in an empty database.

    Two hosts: ann's at her own location, and one of bob's that stands, wrongly, at hers.
    """
    people = [
        (3, "ann", "ann@example.org", False, True),
        (4, "bob", "bob@example.org", True, True),
        (5, "zoë z", "zoe@example.org", False, True),
        (6, "cid", "cid@example.org", False, False),
    ]
    with psycopg.connect(url) as connection:
        connection.execute(_USERS + GENERATIONS[generation])
        for key, name, email, staff, active in people:
            connection.execute(
                "INSERT INTO accounts_user VALUES (%s, %s, NULL, false, '', '', %s, %s, now(), %s, %s)",
                (key, django_hash(PASSWORD), staff, active, name, email),
            )
        connection.execute(
            "INSERT INTO management_location VALUES (1, 'Sunny street', '62', 'Katowice', '40-001', 50.25, NULL, 3),"
            " (2, 'Elsewhere', '1', 'Katowice', 'wrong', NULL, NULL, 3)"
        )
