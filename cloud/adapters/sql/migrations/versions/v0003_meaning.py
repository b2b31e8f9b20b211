"""Records, forecasts, the risk centre, services, evaluation, reports, local accounts; events that concern a person."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

TABLES = (
    "account",
    "alarm",
    "case_file",
    "dataset_grant",
    "effect",
    "evaluation",
    "forecast_run",
    "indicator_value",
    "joint_case",
    "lesson",
    "record",
    "record_import",
    "report_order",
    "risk",
    "rule_approval",
    "service_request",
    "survey_answer",
)
ROW_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    _account()
    _alarm()
    _case_file()
    _dataset_grant()
    _effect()
    _evaluation()
    _forecast_run()
    _indicator_value()
    _joint_case()
    _lesson()
    _record()
    _record_import()
    _report_order()
    _risk()
    _rule_approval()
    _service_request()
    _survey_answer()
    op.add_column("event_log", sa.Column("is_restricted", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    with op.batch_alter_table("event_log") as batch:
        batch.drop_column("is_restricted")


def _account() -> None:
    op.create_table(
        "account",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("institution_ids", sa.JSON(), nullable=False),
        sa.Column("department", sa.Text(), nullable=True),
        sa.Column("wrong", sa.Integer(), nullable=False),
        sa.Column("wrong_ms", sa.BigInteger(), nullable=False),
        sa.Column("changed_ms", sa.BigInteger(), nullable=False),
        sa.Column("removed_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_account"),
    )


def _alarm() -> None:
    op.create_table(
        "alarm",
        sa.Column("alarm_id", sa.Text(), nullable=False),
        sa.Column("institution_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("opened_ms", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("alarm_id", name="pk_alarm"),
    )
    op.create_index("ix_alarm_institution_id", "alarm", ["institution_id"])
    op.create_index("ix_alarm_state", "alarm", ["state"])


def _case_file() -> None:
    op.create_table(
        "case_file",
        sa.Column("case_file_id", sa.Text(), nullable=False),
        sa.Column("institution_id", sa.Text(), nullable=False),
        sa.Column("superior_id", sa.Text(), nullable=False),
        sa.Column("sent_ms", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("case_file_id", name="pk_case_file"),
    )
    op.create_index("ix_case_file_institution_id", "case_file", ["institution_id"])
    op.create_index("ix_case_file_superior_id", "case_file", ["superior_id"])


def _dataset_grant() -> None:
    op.create_table(
        "dataset_grant",
        sa.Column("grant_id", sa.Text(), nullable=False),
        sa.Column("institution_id", sa.Text(), nullable=False),
        sa.Column("asked_ms", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("grant_id", name="pk_dataset_grant"),
    )
    op.create_index("ix_dataset_grant_institution_id", "dataset_grant", ["institution_id"])


def _effect() -> None:
    op.create_table(
        "effect",
        sa.Column("effect_id", sa.Text(), nullable=False),
        sa.Column("institution_id", sa.Text(), nullable=False),
        sa.Column("start_ms", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("effect_id", name="pk_effect"),
    )
    op.create_index("ix_effect_institution_id", "effect", ["institution_id"])


def _evaluation() -> None:
    op.create_table(
        "evaluation",
        sa.Column("institution_id", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("institution_id", "period", name="pk_evaluation"),
    )


def _forecast_run() -> None:
    op.create_table(
        "forecast_run",
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("institution_id", sa.Text(), nullable=False),
        sa.Column("group_id", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("point", sa.Text(), nullable=False),
        sa.Column("made_ms", sa.BigInteger(), nullable=False),
        sa.Column("start_ms", sa.BigInteger(), nullable=False),
        sa.Column("end_ms", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", name="pk_forecast_run"),
    )
    op.create_index("ix_forecast_run_institution_id", "forecast_run", ["institution_id"])
    op.create_index("ix_forecast_run_series", "forecast_run", ["group_id", "device", "point", "made_ms"])


def _indicator_value() -> None:
    op.create_table(
        "indicator_value",
        sa.Column("institution_id", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("department", sa.Text(), nullable=False),
        sa.Column("indicator", sa.Text(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("institution_id", "period", "department", "indicator", name="pk_indicator_value"),
    )


def _joint_case() -> None:
    op.create_table(
        "joint_case",
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("institution_id", sa.Text(), nullable=False),
        sa.Column("opened_ms", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", name="pk_joint_case"),
    )
    op.create_index("ix_joint_case_institution_id", "joint_case", ["institution_id"])


def _lesson() -> None:
    op.create_table(
        "lesson",
        sa.Column("risk_id", sa.Text(), nullable=False),
        sa.Column("institution_id", sa.Text(), nullable=False),
        sa.Column("rule_id", sa.Text(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("risk_id", name="pk_lesson"),
    )
    op.create_index("ix_lesson_institution_id", "lesson", ["institution_id"])


def _record() -> None:
    op.create_table(
        "record",
        sa.Column("row_id", ROW_ID, nullable=False),
        sa.Column("institution_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("department", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("start_ms", sa.BigInteger(), nullable=False),
        sa.Column("end_ms", sa.BigInteger(), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("import_id", sa.Text(), nullable=False),
        sa.Column("known_from_ms", sa.BigInteger(), nullable=False),
        sa.Column("known_to_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("row_id", name="pk_record"),
    )
    op.create_index("ix_record_key", "record", ["institution_id", "kind", "known_to_ms", "record_id"])
    op.create_index("ix_record_time", "record", ["institution_id", "kind", "known_to_ms", "start_ms"])


def _record_import() -> None:
    op.create_table(
        "record_import",
        sa.Column("import_id", sa.Text(), nullable=False),
        sa.Column("institution_id", sa.Text(), nullable=False),
        sa.Column("imported_ms", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("import_id", name="pk_record_import"),
    )
    op.create_index("ix_record_import_institution_id", "record_import", ["institution_id"])


def _report_order() -> None:
    op.create_table(
        "report_order",
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("institution_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("ordered_ms", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("order_id", name="pk_report_order"),
    )
    op.create_index("ix_report_order_institution_id", "report_order", ["institution_id"])
    op.create_index("ix_report_order_state", "report_order", ["state"])


def _risk() -> None:
    op.create_table(
        "risk",
        sa.Column("risk_id", sa.Text(), nullable=False),
        sa.Column("institution_id", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("opened_ms", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("risk_id", name="pk_risk"),
    )
    op.create_index("ix_risk_institution_id", "risk", ["institution_id"])
    op.create_index("ix_risk_status", "risk", ["status"])


def _rule_approval() -> None:
    op.create_table(
        "rule_approval",
        sa.Column("institution_id", sa.Text(), nullable=False),
        sa.Column("rule_id", sa.Text(), nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("institution_id", "rule_id", name="pk_rule_approval"),
    )


def _service_request() -> None:
    op.create_table(
        "service_request",
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("institution_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("asked_ms", sa.BigInteger(), nullable=False),
        sa.Column("start_ms", sa.BigInteger(), nullable=True),
        sa.Column("end_ms", sa.BigInteger(), nullable=True),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("request_id", name="pk_service_request"),
    )
    op.create_index("ix_service_request_institution_id", "service_request", ["institution_id"])
    op.create_index("ix_service_request_state", "service_request", ["state"])
    op.create_index("ix_service_request_subject", "service_request", ["subject"])


def _survey_answer() -> None:
    op.create_table(
        "survey_answer",
        sa.Column("institution_id", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("department", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("institution_id", "period", "department", "by", name="pk_survey_answer"),
    )
