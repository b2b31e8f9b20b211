"""Which jobs there are: every module of this package but those that say what a job is."""

from __future__ import annotations

from cloud.core.plugins import load_plugins
from cloud.desks.door import DoorServices
from cloud.jobs.job import Job, JobPlan, JobTools
from device_profiles.catalogue import Catalogue, load_catalogue

_NOT_JOBS = ("job", "plan", "schedule")


def build_jobs(services: DoorServices, catalogue: Catalogue | None = None) -> list[Job]:
    """Every job, by name; `catalogue` when a customer has profiles of their own."""
    tools = JobTools(services, services.departments, catalogue or load_catalogue())
    plans = load_plugins("cloud.jobs", "JOB", JobPlan, without=_NOT_JOBS)
    return [Job(name, plan.period_s, plan.is_woken, plan.build(tools)) for name, plan in plans.items()]
