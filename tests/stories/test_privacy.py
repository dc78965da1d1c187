"""What is logged, reported or raised holds nobody's data."""

from __future__ import annotations

import json
import logging

import pytest
import sqlalchemy as sa

from pipelines.steps.check import check_project
from tests.stories.organisation import Organisation, Rows
from warehouse.failures import explained


SECRETS = ("zebedee", "quixworth", "1931-05-17", "zq@quix.example", "+441632960983", "ottery")
PERSON = dict(zip(("given_name", "family_name", "birth_date", "email", "phone", "city"), SECRETS, strict=True))
