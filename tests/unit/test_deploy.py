"""The chart is rendered and judged as a cluster would judge it; no cluster is needed."""

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import helm_python
import pytest
import yaml

DEPLOY = Path(__file__).parents[2] / "deploy"
CHART = DEPLOY / "helm" / "backsmith"
SECRET_NAME = re.compile(r"(TOKEN|SECRET|PASSWORD|KEY|_PAT|DATABASE_URL)$")
SECRET_VALUE = re.compile(
    r"(gh[pousr]_|github_pat_|xox[abp]-|xapp-|\bsk-\w{16}|AKIA|-----BEGIN|://[^/\s:]+:[^@\s]+@)"
)

Manifest = dict[str, Any]

EVERYTHING: dict[str, Any] = {
    "image": {"repository": "registry.example.com/team/backsmith", "digest": "sha256:" + "a" * 64},
    "imagePullSecrets": ["registry"],
    "serviceAccount": {"annotations": {"example.com/role": "artifacts"}},
    "env": {
        "BACKSMITH_ARTIFACTS_URL": "s3://backsmith/artifacts",
        "GITHUB_APP_PRIVATE_KEY_PATH": "/etc/github/app.pem",
        "OPENAI_BASE_URL": "http://models.example.com:8080/v1",
    },
    "secrets": {
        "existingSecret": "vault-backsmith",
        "required": {"JIRA_API_TOKEN": None, "JIRA_PAT": "jira-pat"},
    },
    "backsmithToml": '[budget]\nticket_usd = 5.0\nnote = "{{ not a template }}"\n',
    "gateway": {
        "service": {"type": "LoadBalancer", "annotations": {"example.com/scheme": "internal"}},
        "extraVolumes": [{"name": "app", "secret": {"secretName": "github-app"}}],
        "extraVolumeMounts": [{"name": "app", "mountPath": "/etc/github", "readOnly": True}],
    },
    "ingress": {
        "enabled": True,
        "className": "nginx",
        "host": "backsmith.example.com",
        "tlsSecret": "backsmith-tls",
        "annotations": {"example.com/issuer": "letters"},
    },
    "worker": {
        "securityContext": {
            "seccompProfile": {"type": "Localhost", "localhostProfile": "profiles/backsmith.json"},
        },
        "runtimeClassName": "kata",
        "priorityClassName": "batch",
        "autoscaling": {"enabled": True, "minReplicas": 3, "maxReplicas": 9},
        "networkPolicy": {"egress": {"extra": [{"ports": [{"protocol": "TCP", "port": 8080}]}]}},
        "podAnnotations": {"example.com/scrape": "true"},
        "nodeSelector": {"pool": "agents"},
        "tolerations": [{"key": "agents", "operator": "Exists", "effect": "NoSchedule"}],
        "affinity": {"nodeAffinity": {}},
        "topologySpreadConstraints": [
            {
                "maxSkew": 1,
                "topologyKey": "kubernetes.io/hostname",
                "whenUnsatisfiable": "ScheduleAnyway",
            }
        ],
    },
    "podDisruptionBudget": {"maxUnavailable": "25%"},
}
PLAIN_NODES: dict[str, Any] = {
    "worker": {
        "hostUsers": True,
        "securityContext": {
            "procMount": "Default",
            "seccompProfile": {"type": "RuntimeDefault"},
            "appArmorProfile": None,
        },
        "networkPolicy": {"enabled": False},
    },
    "podDisruptionBudget": {"enabled": False},
    "serviceAccount": {"create": False},
    "tests": {"enabled": False},
}
VALUE_SETS = {"default": {}, "everything": EVERYTHING, "plain-nodes": PLAIN_NODES}
each_value_set = pytest.mark.parametrize("values", VALUE_SETS.values(), ids=VALUE_SETS)


def render(values: dict[str, Any]) -> str:
    with helm_python.Chart.load(CHART) as chart:
        return "\n---\n".join(chart.render(values, name="team", namespace="agents").values())


def manifests(values: dict[str, Any]) -> list[Manifest]:
    return [document for document in yaml.safe_load_all(render(values)) if document]


def only(values: dict[str, Any], kind: str, suffix: str = "") -> Manifest:
    found = [
        m for m in manifests(values) if m["kind"] == kind and m["metadata"]["name"].endswith(suffix)
    ]
    assert len(found) == 1, f"{len(found)} x {kind} *{suffix}"
    return found[0]


def pods(values: dict[str, Any]) -> Iterator[Manifest]:
    for manifest in manifests(values):
        if manifest["kind"] == "Deployment":
            yield manifest["spec"]["template"]
        elif manifest["kind"] == "Pod":
            yield manifest


def containers(values: dict[str, Any]) -> Iterator[Manifest]:
    for pod in pods(values):
        yield from pod["spec"]["containers"]


def container(values: dict[str, Any], component: str) -> Manifest:
    pod = only(values, "Deployment", f"-{component}")["spec"]["template"]["spec"]
    (one,) = pod["containers"]
    return dict(one)


@each_value_set
def test_chart_lints_without_a_warning(values: dict[str, Any]) -> None:
    report = helm_python.lint(CHART, values, strict=True)

    assert report["errors"] == []
    assert [m for m in report["messages"] if m["severity"] > 1] == []


@each_value_set
def test_everything_rendered_passes_strict_validation(
    values: dict[str, Any], tmp_path: Path
) -> None:
    rendered = tmp_path / "rendered.yaml"
    rendered.write_text(render(values))

    verdict = subprocess.run(
        [Path(sys.executable).parent / "kubernetes-validate", "--strict", rendered],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert verdict.returncode == 0, verdict.stdout + verdict.stderr


@each_value_set
def test_every_container_is_hardened_whatever_the_values_say(values: dict[str, Any]) -> None:
    for one in containers(values):
        context = one["securityContext"]
        assert context["runAsNonRoot"] is True
        assert context["runAsUser"] == 10001
        assert context["readOnlyRootFilesystem"] is True
        assert context["allowPrivilegeEscalation"] is False
        assert context["capabilities"] == {"drop": ["ALL"]}
        assert context["seccompProfile"]["type"]
        assert "privileged" not in context
        assert set(one["resources"]) == {"requests", "limits"}
        assert "memory" in one["resources"]["limits"]


@each_value_set
def test_no_pod_gets_a_kubernetes_token_or_a_part_of_the_node(values: dict[str, Any]) -> None:
    for pod in pods(values):
        spec = pod["spec"]
        assert spec["automountServiceAccountToken"] is False
        assert spec["enableServiceLinks"] is False
        assert not {"hostNetwork", "hostPID", "hostIPC"} & set(spec)
        assert not [v for v in spec.get("volumes", []) if "hostPath" in v]


@each_value_set
def test_no_secret_stands_in_the_manifests(values: dict[str, Any]) -> None:
    literals = {
        variable["name"]
        for one in containers(values)
        for variable in one.get("env", [])
        if "value" in variable
    }

    assert not [name for name in literals if SECRET_NAME.search(name)]
    assert not SECRET_VALUE.search(render(values))
    assert "Secret" not in {m["kind"] for m in manifests(values)}


def test_default_values_open_nothing_to_the_outside() -> None:
    kinds = {m["kind"] for m in manifests({})}

    assert not kinds & {"Ingress", "HorizontalPodAutoscaler"}
    assert only({}, "Service")["spec"]["type"] == "ClusterIP"


@pytest.mark.parametrize(("component", "port"), [("gateway", 8080), ("worker", 8081)])
def test_probes_ask_the_port_that_the_process_listens_on(component: str, port: int) -> None:
    one = container({}, component)
    probes = {n: one[f"{n}Probe"]["httpGet"] for n in ("startup", "liveness", "readiness")}

    assert one["args"] == [component]
    assert {p["name"]: p["containerPort"] for p in one["ports"]} == {
        probes["liveness"]["port"]: port
    }
    assert {p["port"] for p in probes.values()} == {probes["liveness"]["port"]}
    assert probes["startup"]["path"] == probes["liveness"]["path"] == "/healthz"
    assert probes["readiness"]["path"] == "/readyz"


def test_worker_is_told_its_health_port() -> None:
    env = {v["name"]: v.get("value") for v in container({}, "worker")["env"]}

    assert env["BACKSMITH_HEALTH_PORT"] == "8081"


@pytest.mark.parametrize("component", ["gateway", "worker"])
def test_pods_have_time_to_drain_and_only_bounded_disks(component: str) -> None:
    deployment = only({}, "Deployment", f"-{component}")["spec"]
    spec = deployment["template"]["spec"]
    disks = {v["name"]: v["emptyDir"] for v in spec["volumes"] if "emptyDir" in v}
    mounted = {m["mountPath"] for m in container({}, component)["volumeMounts"]}

    assert spec["terminationGracePeriodSeconds"] == 60
    assert deployment["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    assert all(disk["sizeLimit"] for disk in disks.values())
    assert mounted == {"/tmp", "/var/lib/backsmith", "/etc/backsmith"}  # noqa: S108 - a mount point


def test_gateway_keeps_the_runtime_default_profile_and_the_worker_its_own_user_namespace() -> None:
    worker = only({}, "Deployment", "-worker")["spec"]["template"]["spec"]

    assert container({}, "gateway")["securityContext"]["seccompProfile"] == {
        "type": "RuntimeDefault"
    }
    assert worker["hostUsers"] is False
    assert container({}, "worker")["securityContext"]["procMount"] == "Unmasked"


def test_secrets_are_read_from_the_named_secret_and_a_null_leaves_one_out() -> None:
    references = {
        v["name"]: v["valueFrom"]["secretKeyRef"]
        for v in container(EVERYTHING, "worker")["env"]
        if "valueFrom" in v
    }

    assert {r["name"] for r in references.values()} == {"vault-backsmith"}
    assert references["JIRA_PAT"] == {"name": "vault-backsmith", "key": "jira-pat"}
    assert "JIRA_API_TOKEN" not in references
    assert references["GITHUB_TOKEN"]["optional"] is True
    assert "optional" not in references["BACKSMITH_DATABASE_URL"]


def test_empty_settings_are_left_to_the_product() -> None:
    names = {v["name"] for v in container({}, "worker")["env"]}

    assert "TEMPORAL_ADDRESS" in names
    assert "OPENAI_BASE_URL" not in names


def test_configuration_arrives_unchanged_and_a_change_rolls_the_pods() -> None:
    arrived = only(EVERYTHING, "ConfigMap")["data"]["backsmith.toml"]
    before, after = (
        only(values, "Deployment", "-worker")["spec"]["template"]["metadata"]["annotations"]
        for values in ({}, EVERYTHING)
    )

    assert tomllib.loads(arrived) == tomllib.loads(EVERYTHING["backsmithToml"])
    assert before["checksum/config"] != after["checksum/config"]


def test_nothing_may_connect_to_a_worker_and_it_cannot_reach_the_metadata_service() -> None:
    policy = only({}, "NetworkPolicy")["spec"]
    blocks = [to["ipBlock"] for rule in policy["egress"] for to in rule["to"] if "ipBlock" in to]
    pod = only({}, "Deployment", "-worker")["spec"]["template"]["metadata"]["labels"]

    assert policy["podSelector"]["matchLabels"].items() <= pod.items()
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    assert policy["ingress"] == []
    assert "169.254.0.0/16" in next(b for b in blocks if b["cidr"] == "0.0.0.0/0")["except"]


def test_egress_ports_are_those_of_the_values() -> None:
    egress = {"dns": False, "ports": [8443], "blocks": [{"cidr": "10.0.0.0/8"}]}
    values = {"worker": {"networkPolicy": {"egress": egress}}}

    (rule,) = only(values, "NetworkPolicy")["spec"]["egress"]

    assert rule == {
        "to": [{"ipBlock": {"cidr": "10.0.0.0/8"}}],
        "ports": [{"protocol": "TCP", "port": 8443}],
    }


def test_autoscaler_alone_decides_on_replicas_when_it_is_on() -> None:
    deployment = only(EVERYTHING, "Deployment", "-worker")
    scaler = only(EVERYTHING, "HorizontalPodAutoscaler")

    assert "replicas" not in deployment["spec"]
    assert scaler["spec"]["scaleTargetRef"]["name"] == deployment["metadata"]["name"]
    assert (scaler["spec"]["minReplicas"], scaler["spec"]["maxReplicas"]) == (3, 9)


@pytest.mark.parametrize("component", ["gateway", "worker"])
def test_each_component_is_selected_by_its_own_labels_only(component: str) -> None:
    deployment = only({}, "Deployment", f"-{component}")["spec"]
    labels = deployment["template"]["metadata"]["labels"]
    budget = only({}, "PodDisruptionBudget", f"-{component}")["spec"]["selector"]["matchLabels"]

    assert deployment["selector"]["matchLabels"] == budget
    assert budget.items() <= labels.items()
    assert budget["app.kubernetes.io/component"] == component


def test_service_and_ingress_lead_to_the_gateway() -> None:
    service = only(EVERYTHING, "Service")
    pod = only(EVERYTHING, "Deployment", "-gateway")["spec"]["template"]["metadata"]["labels"]
    ingress = only(EVERYTHING, "Ingress")["spec"]
    (path,) = ingress["rules"][0]["http"]["paths"]

    assert service["spec"]["selector"].items() <= pod.items()
    assert path["backend"]["service"]["name"] == service["metadata"]["name"]
    assert ingress["tls"][0]["hosts"] == [ingress["rules"][0]["host"]]


def test_spread_constraint_without_a_selector_counts_the_components_own_pods() -> None:
    deployment = only(EVERYTHING, "Deployment", "-worker")["spec"]
    (constraint,) = deployment["template"]["spec"]["topologySpreadConstraints"]

    assert constraint["labelSelector"] == deployment["selector"]
    assert constraint["topologyKey"] == "kubernetes.io/hostname"


def test_long_release_names_still_give_valid_object_names() -> None:
    with helm_python.Chart.load(CHART) as chart:
        rendered = chart.render({}, name="r" * 53, namespace="agents")
    names = [
        document["metadata"]["name"]
        for text in rendered.values()
        for document in yaml.safe_load_all(text)
        if document
    ]

    assert max(len(name) for name in names) <= 63


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"replicaz": 3}, "replicaz"),
        ({"worker": {"replicaz": 3}}, "replicaz"),
        ({"worker": {"replicas": 0}}, "/worker/replicas"),
        ({"image": {"tag": "latest"}}, "/image/tag"),
        ({"env": {"OPENAI_API_KEY": "in the open"}}, "OPENAI_API_KEY"),
        ({"env": {"BACKSMITH_HEALTH_PORT": "1"}}, "BACKSMITH_HEALTH_PORT"),
        ({"worker": {"securityContext": {"privileged": True}}}, "privileged"),
        ({"worker": {"securityContext": {"runAsUser": 0}}}, "runAsUser"),
        (
            {"worker": {"securityContext": {"seccompProfile": {"type": "Localhost"}}}},
            "localhostProfile",
        ),
    ],
)
def test_schema_refuses_a_value_and_names_it(values: dict[str, Any], named: str) -> None:
    with (
        helm_python.Chart.load(CHART) as chart,
        pytest.raises(helm_python.HelmValuesError, match=named),
    ):
        chart.validate_schema(values)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"worker": {"hostUsers": True}}, "needs worker.hostUsers false"),
        ({"ingress": {"enabled": True}}, r"ingress\.host"),
    ],
)
def test_values_that_a_cluster_would_refuse_fail_with_the_fix(
    values: dict[str, Any], message: str
) -> None:
    with pytest.raises(helm_python.HelmRenderError, match=message):
        render(values)


def test_image_installs_by_hash_and_runs_as_the_user_of_the_chart() -> None:
    lines = (DEPLOY / "Dockerfile").read_text().splitlines()
    user = container({}, "worker")["securityContext"]["runAsUser"]

    assert f"USER {user}:{user}" in lines
    assert 'ENTRYPOINT ["backsmith"]' in lines
    assert "HEALTHCHECK NONE" in lines
    assert any("--require-hashes" in line and "requirements.lock" in line for line in lines)


def test_build_context_holds_what_the_image_copies_and_the_wheel_packs() -> None:
    dockerfile = (DEPLOY / "Dockerfile").read_text()
    copied = {
        name
        for sources in re.findall(r"^COPY (?!--from)(.+) \S+$", dockerfile, re.MULTILINE)
        for name in sources.split()
    }
    allowed = {
        line[1:]
        for line in (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
        if line.startswith("!")
    }
    project = tomllib.loads((DEPLOY.parent / "pyproject.toml").read_text())
    packed = set(project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])

    assert copied == allowed
    assert packed <= copied
