"""The tables of template.yaml are the models' (platform/aws/tables.py), in both directions."""

from collections.abc import Mapping
from typing import Any

import pytest
from pynamodb.attributes import Attribute, TTLAttribute
from pynamodb.models import Model

from solaris.platform.aws.tables import TABLES, short_name
from tests.contract.template_document import resources

WRITTEN = {
    one["Properties"]["TableName"]["Fn::Sub"].removeprefix("solaris-${Stage}-"): one
    for one in resources("AWS::DynamoDB::Table").values()
}
MODELS = {short_name(model): model for model in TABLES}
Keys = list[tuple[str, str]]


def keys(attributes: Mapping[str, Attribute[Any]]) -> Keys:
    """Key attributes with their part, the hash key first."""
    found = [(one.attr_name, "HASH") for one in attributes.values() if one.is_hash_key]
    return found + [(one.attr_name, "RANGE") for one in attributes.values() if one.is_range_key]


def written_keys(schema: list[dict[str, str]]) -> Keys:
    return [(one["AttributeName"], one["KeyType"]) for one in schema]


def indexes(model: type[Model]) -> dict[str, Keys]:
    found = {}
    for index in model._indexes.values():
        assert index.Meta.projection.projection_type == "ALL"
        found[str(index.Meta.index_name)] = keys(index.Meta.attributes)
    return found


def test_every_model_has_its_table_and_no_table_is_without_a_model() -> None:
    assert set(WRITTEN) == set(MODELS)


@pytest.mark.parametrize("name", sorted(MODELS))
def test_a_table_is_as_its_model(name: str) -> None:
    properties, model = WRITTEN[name]["Properties"], MODELS[name]
    assert written_keys(properties["KeySchema"]) == keys(model.get_attributes())
    written = {
        one["IndexName"]: written_keys(one["KeySchema"])
        for one in properties.get("GlobalSecondaryIndexes", ())
    }
    assert written == indexes(model)
    assert all(
        one["Projection"] == {"ProjectionType": "ALL"}
        for one in properties.get("GlobalSecondaryIndexes", ())
    )
    in_keys = {
        key for schema in ([*written.values(), keys(model.get_attributes())]) for key, _ in schema
    }
    types = {one.attr_name: one.attr_type for one in model.get_attributes().values()}
    for index in model._indexes.values():
        types |= {one.attr_name: one.attr_type for one in index.Meta.attributes.values()}
    assert {
        one["AttributeName"]: one["AttributeType"] for one in properties["AttributeDefinitions"]
    } == {key: types[key] for key in in_keys}


@pytest.mark.parametrize("name", sorted(MODELS))
def test_rows_expire_as_in_the_model(name: str) -> None:
    attributes = MODELS[name].get_attributes().values()
    expiring = [one.attr_name for one in attributes if isinstance(one, TTLAttribute)]
    written = WRITTEN[name]["Properties"].get("TimeToLiveSpecification")
    assert written == ({"AttributeName": expiring[0], "Enabled": True} if expiring else None)


@pytest.mark.parametrize("name", sorted(WRITTEN))
def test_a_table_is_safe(name: str) -> None:
    table = WRITTEN[name]
    properties = table["Properties"]
    assert properties["BillingMode"] == "PAY_PER_REQUEST"
    assert properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert properties["SSESpecification"]["SSEEnabled"] is True
    assert properties["DeletionProtectionEnabled"] == {"Fn::If": ["IsProtected", True, False]}
    # a protected table refuses deletion by itself; an unprotected stage leaves nothing
    assert table["DeletionPolicy"] == "Delete"
    assert table["UpdateReplacePolicy"] == "Retain"
