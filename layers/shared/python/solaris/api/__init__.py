"""The admin API: operations, their models, and the OpenAPI document made from them."""
