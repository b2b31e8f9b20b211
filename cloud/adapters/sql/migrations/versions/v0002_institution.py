"""The institution model."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

TABLES = ("asset", "building", "compound", "department", "installed_device", "institution", "person", "room", "vehicle")
ROW_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    _asset()
    _building()
    _compound()
    _department()
    _installed_device()
    _institution()
    _person()
    _room()
    _vehicle()


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)


def _asset() -> None:
    op.create_table(
        "asset",
        sa.Column("row_id", ROW_ID, nullable=False),
        sa.Column("institution_id", sa.Text(), nullable=False),
        sa.Column("asset_id", sa.Text(), nullable=False),
        sa.Column("name", sa.JSON(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("building_id", sa.Text(), nullable=True),
        sa.Column("room_id", sa.Text(), nullable=True),
        sa.Column("department_id", sa.Text(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("row_id", name="pk_asset"),
    )
    op.create_index("ix_asset_institution_id", "asset", ["institution_id"])


def _building() -> None:
    op.create_table(
        "building",
        sa.Column("row_id", ROW_ID, nullable=False),
        sa.Column("institution_id", sa.Text(), nullable=False),
        sa.Column("building_id", sa.Text(), nullable=False),
        sa.Column("compound_id", sa.Text(), nullable=False),
        sa.Column("name", sa.JSON(), nullable=False),
        sa.Column("use", sa.Text(), nullable=False),
        sa.Column("area_m2", sa.Double(), nullable=True),
        sa.Column("heated_area_m2", sa.Double(), nullable=True),
        sa.Column("persons", sa.Integer(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("row_id", name="pk_building"),
    )
    op.create_index("ix_building_institution_id", "building", ["institution_id"])


def _compound() -> None:
    op.create_table(
        "compound",
        sa.Column("row_id", ROW_ID, nullable=False),
        sa.Column("institution_id", sa.Text(), nullable=False),
        sa.Column("compound_id", sa.Text(), nullable=False),
        sa.Column("name", sa.JSON(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("row_id", name="pk_compound"),
    )
    op.create_index("ix_compound_compound_id", "compound", ["compound_id"])
    op.create_index("ix_compound_institution_id", "compound", ["institution_id"])


def _department() -> None:
    op.create_table(
        "department",
        sa.Column("row_id", ROW_ID, nullable=False),
        sa.Column("institution_id", sa.Text(), nullable=False),
        sa.Column("department_id", sa.Text(), nullable=False),
        sa.Column("name", sa.JSON(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("row_id", name="pk_department"),
    )
    op.create_index("ix_department_institution_id", "department", ["institution_id"])


def _installed_device() -> None:
    op.create_table(
        "installed_device",
        sa.Column("row_id", ROW_ID, nullable=False),
        sa.Column("institution_id", sa.Text(), nullable=False),
        sa.Column("device_id", sa.Text(), nullable=False),
        sa.Column("compound_id", sa.Text(), nullable=False),
        sa.Column("name", sa.JSON(), nullable=False),
        sa.Column("building_id", sa.Text(), nullable=True),
        sa.Column("room_id", sa.Text(), nullable=True),
        sa.Column("department_id", sa.Text(), nullable=True),
        sa.Column("sub_item", sa.Text(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("row_id", name="pk_installed_device"),
    )
    op.create_index("ix_installed_device_institution_id", "installed_device", ["institution_id"])


def _institution() -> None:
    op.create_table(
        "institution",
        sa.Column("institution_id", sa.Text(), nullable=False),
        sa.Column("name", sa.JSON(), nullable=False),
        sa.Column("institution_class", sa.String(length=40), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("climate_zone", sa.String(length=40), nullable=False),
        sa.Column("superior_id", sa.Text(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("institution_id", name="pk_institution"),
    )


def _person() -> None:
    op.create_table(
        "person",
        sa.Column("row_id", ROW_ID, nullable=False),
        sa.Column("institution_id", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.Column("department_id", sa.Text(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("row_id", name="pk_person"),
    )
    op.create_index("ix_person_institution_id", "person", ["institution_id"])


def _room() -> None:
    op.create_table(
        "room",
        sa.Column("row_id", ROW_ID, nullable=False),
        sa.Column("institution_id", sa.Text(), nullable=False),
        sa.Column("room_id", sa.Text(), nullable=False),
        sa.Column("building_id", sa.Text(), nullable=False),
        sa.Column("name", sa.JSON(), nullable=False),
        sa.Column("use", sa.Text(), nullable=False),
        sa.Column("area_m2", sa.Double(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("row_id", name="pk_room"),
    )
    op.create_index("ix_room_institution_id", "room", ["institution_id"])


def _vehicle() -> None:
    op.create_table(
        "vehicle",
        sa.Column("row_id", ROW_ID, nullable=False),
        sa.Column("institution_id", sa.Text(), nullable=False),
        sa.Column("vehicle_id", sa.Text(), nullable=False),
        sa.Column("name", sa.JSON(), nullable=False),
        sa.Column("energy", sa.Text(), nullable=False),
        sa.Column("device_id", sa.Text(), nullable=True),
        sa.Column("department_id", sa.Text(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("row_id", name="pk_vehicle"),
    )
    op.create_index("ix_vehicle_institution_id", "vehicle", ["institution_id"])
