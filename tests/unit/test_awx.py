# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""The job templates of the pattern, and the same as data for infra.aap_configuration.

ansible-lint has no schema for patterns: a broken one passes it.
"""

from __future__ import annotations

import json
import re
import typing as t
from pathlib import Path

import pytest
import yaml

Json = dict[str, t.Any]

COLLECTION = Path(__file__).parents[2]
PATTERN = COLLECTION / "extensions/patterns/milvus_cluster"
AWX = COLLECTION / "docs/examples/awx"
DEFINITION: Json = json.loads((PATTERN / "meta/pattern.json").read_text(encoding="utf-8"))
RESOURCES: Json = DEFINITION["aap_resources"]
TEMPLATES: dict[str, Json] = {each["name"]: each for each in RESOURCES["controller_job_templates"]}

TEXT, NUMBER, FLAG = str, int, bool
# What an object of the pattern specification 1.0.0 has: name → type, and whether it is required. A template is posted
# to the API of AWX as it is, so that the API's own fields can be given beside those of the specification.
FIELDS: dict[str, dict[str, tuple[type, bool]]] = {
    "pattern": {
        **dict.fromkeys(("schema_version", "name", "title", "description", "short_description"), (TEXT, True)),
        "tags": (list, False),
        "aap_resources": (dict, True),
    },
    "resources": {
        "controller_project": (dict, True),
        "controller_execution_environment": (dict, False),
        "controller_labels": (list, False),
        "controller_job_templates": (list, True),
    },
    "project": dict.fromkeys(("name", "description"), (TEXT, True)),
    "environment": {**dict.fromkeys(("name", "description", "image_name"), (TEXT, True)), "pull": (TEXT, False)},
    "template": {
        **dict.fromkeys(("name", "description", "playbook"), (TEXT, True)),
        "execution_environment": (TEXT, False),
        **dict.fromkeys(("primary", "survey_enabled"), (FLAG, False)),
        **{
            f"ask_{each}_on_launch": (FLAG, False)
            for each in ("credential", "inventory", "job_type", "diff_mode", "tags")
        },
        "labels": (list, False),
        "survey": (dict, False),
    },
    "survey": {**dict.fromkeys(("name", "description"), (TEXT, True)), "spec": (list, True)},
    "question": {
        **dict.fromkeys(("type", "question_name", "question_description", "variable"), (TEXT, True)),
        "required": (FLAG, True),
        **dict.fromkeys(("min", "max"), (NUMBER, False)),
        "choices": (list, False),
        "default": (TEXT, False),
    },
}
# How a question's type agrees with the type of an option: the roles cast texts where their options are raw.
AGREEING = {
    "text": {"str", "raw"},
    "textarea": {"raw"},
    "password": {"raw"},
    "integer": {"raw"},
    "multiplechoice": {"str", "raw"},
}
# The same in the specification of a play.
PLAY_TYPES = {"text": "str", "textarea": "raw", "password": "raw", "integer": "int", "multiplechoice": "str"}


class Loader(yaml.SafeLoader):
    """Reads what Ansible marks as not to be templated."""


Loader.add_constructor("!unsafe", lambda loader, node: loader.construct_scalar(t.cast(yaml.ScalarNode, node)))


def read(path: Path) -> t.Any:
    return yaml.load(path.read_text(encoding="utf-8"), Loader=Loader)


def check_fields(item: Json, kind: str) -> None:
    """Check that an object has the fields that it needs, no other ones, and of which types."""
    fields = FIELDS[kind]
    assert {name for name, (_type, required) in fields.items() if required} <= set(item) <= set(fields)
    for name, value in item.items():
        kind_of_value = fields[name][0]
        assert isinstance(value, kind_of_value), name
        assert isinstance(value, bool) == (kind_of_value is bool), name


def list_questions() -> list[tuple[str, Json]]:
    return [(name, question) for name, template in TEMPLATES.items() for question in template["survey"]["spec"]]


def find_files(playbook: str) -> list[Path]:
    """A playbook of the collection, and the files of tasks that it imports."""
    path = COLLECTION / "playbooks" / playbook
    imported = re.findall(r"^\s+ansible\.builtin\.import_tasks: (\S+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return [path, *(path.parent / name for name in imported)]


def find_roles(playbook: str) -> list[str]:
    """The roles that a playbook of the collection runs."""
    text = "".join(path.read_text(encoding="utf-8") for path in find_files(playbook))
    return list(dict.fromkeys(re.findall(r"^\s+(?:- role|name): milvus\.cluster\.(milvus_\w+)$", text, re.MULTILINE)))


def find_options(playbook: str) -> Json:
    """The variables of a playbook: the options of its roles, and what these share with the other ones."""
    options: Json = {}
    for role in find_roles(playbook):
        folder = COLLECTION / "roles" / role
        options.update(read(folder / "meta/argument_specs.yml")["argument_specs"]["main"]["options"])
    texts = find_files(playbook)
    texts += [COLLECTION / "roles" / role / "defaults/main.yml" for role in find_roles(playbook)]
    shared = {
        name for path in texts for name in re.findall(r"\b(milvus_\w+) \| default\(", path.read_text(encoding="utf-8"))
    }
    return {**{name: {"type": "str"} for name in shared}, **options}


def test_the_pattern() -> None:
    check_fields(DEFINITION, "pattern")
    check_fields(RESOURCES, "resources")
    check_fields(RESOURCES["controller_project"], "project")
    check_fields(RESOURCES["controller_execution_environment"], "environment")
    assert (DEFINITION["schema_version"], DEFINITION["name"]) == ("1.0.0", PATTERN.name)
    assert max(len(DEFINITION["title"]), len(DEFINITION["name"])) <= 64
    assert not DEFINITION["short_description"].endswith(".")
    assert (PATTERN / "README.md").is_file()


def test_one_template_is_the_primary_one() -> None:
    assert len(TEMPLATES) == len(RESOURCES["controller_job_templates"])
    assert [name for name, template in TEMPLATES.items() if template.get("primary")] == ["Milvus Site"]


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template(name: str) -> None:
    template = TEMPLATES[name]
    check_fields(template, "template")
    check_fields(template["survey"], "survey")
    assert template["execution_environment"] == RESOURCES["controller_execution_environment"]["name"]
    assert set(template["labels"]) <= set(RESOURCES["controller_labels"])
    assert template["survey_enabled"]  # AWX keeps a survey of which this is not said, and does not ask it
    variables = [question["variable"] for question in template["survey"]["spec"]]
    assert len(set(variables)) == len(variables)
    (play,) = read(PATTERN / "playbooks" / template["playbook"])
    imported = PATTERN / "playbooks" / play["ansible.builtin.import_playbook"]
    assert imported.resolve() == COLLECTION.resolve() / "playbooks" / template["playbook"]
    assert (COLLECTION / "playbooks" / template["playbook"]).is_file()


def test_each_playbook_has_a_template() -> None:
    playbooks = {path.name for path in (PATTERN / "playbooks").glob("*.yml") if not path.name.endswith(".meta.yml")}
    assert playbooks == {template["playbook"] for template in TEMPLATES.values()}


@pytest.mark.parametrize(("name", "question"), list_questions())
def test_a_question(name: str, question: Json) -> None:
    check_fields(question, "question")
    assert question["type"] in AGREEING
    assert re.fullmatch("[a-z0-9_]{1,64}", question["variable"])
    option = find_options(TEMPLATES[name]["playbook"])[question["variable"]]  # KeyError: there is no such option
    assert option["type"] in AGREEING[question["type"]]
    assert ("choices" in question) == (question["type"] == "multiplechoice")
    if "choices" in question:
        known = ["false", "true"] if isinstance(option.get("default"), bool) else option["choices"]
        assert set(question["choices"]) <= set(known)
        assert question["default"] in question["choices"]
        assert question["default"] == str(option["default"]).lower()
    if question["type"] == "integer":
        assert "default" not in question  # AWX wants a number there, and the specification a text
    if question["type"] in ("text", "textarea", "password"):
        low, high = question["min"], question["max"]
        assert low <= len(question.get("default", " " * low)) <= high
        assert (low > 0) == question["required"]


@pytest.mark.parametrize("name", ["Milvus Scale", "Milvus Site"])
def test_there_is_a_question_for_each_worker_type(name: str) -> None:
    questions = {each["variable"]: each for each in TEMPLATES[name]["survey"]["spec"]}
    for worker in ("query_node", "data_node", "index_node", "streaming_node", "proxy"):
        question = questions[f"milvus_scale_{worker}"]
        assert (question["type"], question["required"], question["min"]) == ("integer", False, 1)


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_specification_of_a_play(name: str) -> None:
    template = TEMPLATES[name]
    stem = template["playbook"].removesuffix(".yml")
    specification = read(PATTERN / "playbooks" / f"{stem}.meta.yml")["argument_specs"][stem]
    assert specification["short_description"] == template["description"]
    assert yaml.safe_load(specification["examples"])[0]["ansible.builtin.import_playbook"] == f"milvus.cluster.{stem}"
    questions = {each["variable"]: each for each in template["survey"]["spec"]}
    assert set(specification["options"]) == set(questions)
    for variable, option in specification["options"].items():
        question = questions[variable]
        assert option["type"] == PLAY_TYPES[question["type"]]
        assert option["required"] == question["required"]
        assert option.get("choices") == question.get("choices")


def test_the_data_for_aap_configuration_are_the_same() -> None:
    templates = {each["name"]: each for each in read(AWX / "templates.yml")["controller_templates"]}
    assert list(templates) == list(TEMPLATES)
    for name, template in TEMPLATES.items():
        other = templates[name]
        assert other["survey_spec"] == template["survey"]
        assert other["playbook"] == f"extensions/patterns/{PATTERN.name}/playbooks/{template['playbook']}"
        rest = set(template) - {"survey", "playbook", "primary"}
        assert {key: other[key] for key in rest} == {key: template[key] for key in rest}
        assert not other.get("allow_simultaneous")


def test_what_the_templates_name_is_there() -> None:
    there = read(AWX / "controller.yml")
    names = {kind: {each["name"] for each in items} for kind, items in there.items()}
    for template in read(AWX / "templates.yml")["controller_templates"]:
        assert {template["project"]} <= names["controller_projects"]
        assert {template["execution_environment"]} <= names["controller_execution_environments"]
        assert {template["inventory"]} <= names["controller_inventories"]
        assert set(template["credentials"]) <= names["controller_credentials"]
        assert set(template["labels"]) <= names["controller_labels"]
    image = RESOURCES["controller_execution_environment"]["image_name"]
    assert f"/{image}:" in there["controller_execution_environments"][0]["image"]


def test_the_workflow_waits_for_somebody_between_plan_and_scale() -> None:
    (workflow,) = read(AWX / "workflows.yml")["controller_workflows"]
    nodes = {each["identifier"]: each for each in workflow["simplified_workflow_nodes"]}
    order = [workflow["simplified_workflow_nodes"][0]["identifier"]]
    while "success_nodes" in nodes[order[-1]]:
        order += nodes[order[-1]]["success_nodes"]
    assert order == ["Plan", "Approve", "Scale", "Verify"] == list(nodes)
    assert (nodes["Plan"]["job_type"], nodes["Plan"]["diff_mode"]) == ("check", True)
    assert nodes["Scale"]["unified_job_template"] == nodes["Plan"]["unified_job_template"] == "Milvus Scale"
    assert nodes["Approve"]["approval_node"]["timeout"] > 0
    # What a node answers has to be asked for, and the workflow's own answers have to be questions of each template.
    assert workflow["survey_spec"]["spec"] == TEMPLATES["Milvus Scale"]["survey"]["spec"]
    prompts = {
        "job_type": "ask_job_type_on_launch",
        "diff_mode": "ask_diff_mode_on_launch",
        "job_tags": "ask_tags_on_launch",
    }
    for node in nodes.values():
        if "unified_job_template" in node:
            template = TEMPLATES[node["unified_job_template"]]
            assert all(template.get(prompts[key]) for key in prompts if key in node)
            needed = {each["variable"] for each in template["survey"]["spec"] if each["required"]}
            assert needed <= {each["variable"] for each in workflow["survey_spec"]["spec"]}


def test_the_credential_type() -> None:
    (kind,) = read(AWX / "controller.yml")["controller_credential_types"]
    fields = {each["id"]: each for each in kind["inputs"]["fields"]}
    assert set(kind["inputs"]["required"]) <= set(fields)
    assert (fields["kubeconfig"]["secret"], fields["kubeconfig"]["multiline"]) == (True, True)
    injected = json.dumps(kind["injectors"])
    assert set(re.findall(r"{{ (\w+)", injected)) == {*fields, "tower"}
    assert set(kind["injectors"]["env"]) == {"K8S_AUTH_KUBECONFIG", "K8S_AUTH_CONTEXT"}
    assert set(read(AWX / "controller.yml")["controller_credentials"][0]["inputs"]) <= set(fields)
