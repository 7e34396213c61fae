import base64

import pytest

from shopsec.scan.access.documents import DocumentError, NotRendered
from shopsec.scan.access.resources import helm, kubernetes, kustomize
from tests.access.in_memory import built

POD = """\
apiVersion: v1
kind: Pod
metadata: {{name: web}}
spec:
  {pod}
  containers:
    - name: php
      image: shop:1.4
      {container}
"""
SAFE = (
    "securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [all]},"
    " readOnlyRootFilesystem: true}"
)


def views(text, name="k8s/web.yaml", **others):
    resources = built(kubernetes.SOURCE, {name: text} | others)
    return {each.kind: each.view for each in resources if each.file.path == name}


def pod(pod="nodeName: a", container="tty: true"):
    return views(POD.format(pod=pod, container=container))


def test_several_documents_lists_and_other_yaml():
    text = (
        "a: 1\n---\napiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Service\n"
        "  metadata: {name: a}\n- {apiVersion: v1}\n- 3\n---\n- x\n---\n"
        "kind: Service\napiVersion: v1\nmetadata:\n"
    )
    found = built(kubernetes.SOURCE, {"all.yml": text})
    assert [(each.kind, each.name, each.line) for each in found] == [
        ("service_object", "a", 7),
        ("service_object", "", 14),
    ]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.yaml", "apiVersion: v1\n"),
        ("a.yaml", "text: |\n    apiVersion: v1\n    kind: Pod\n"),
        ("a.txt", "apiVersion: v1\nkind: Pod\n"),
        ("a.json", '{"apiVersion": "v1"}'),
        ("docker-compose.yml", "apiVersion: v1\nkind: Pod\n"),
        (".github/workflows/a.yml", "apiVersion: v1\nkind: Pod\n"),
        ("Chart.yaml", "apiVersion: v2\nkind: Pod\n"),
        ("a.yaml", "apiVersion: 1\nkind: Pod\n"),
        ("a.yaml", "apiVersion: v1\nkind: {a: b}\n"),
    ],
)
def test_what_is_no_manifest(name, text):
    assert built(kubernetes.SOURCE, {name: text}) == []


@pytest.mark.parametrize(
    "text",
    [
        "apiVersion: v1\nkind: Pod\nspec: 3\n",
        "apiVersion: v1\nkind: Pod\nspec: {containers: 3, volumes: {a: b}}\nmetadata: []\n",
        "apiVersion: v1\nkind: Pod\nspec: {containers: [3, [], {env: 3, image: {}}]}\n",
        "apiVersion: v1\nkind: CronJob\nspec: {jobTemplate: x}\n",
        "apiVersion: v1\nkind: Secret\ndata: [a]\nstringData: {a: [b]}\n",
        "apiVersion: v1\nkind: ClusterRole\nrules: [1, {verbs: 3, resources: {}}]\n",
        "apiVersion: v1\nkind: RoleBinding\nroleRef: []\nsubjects: [1, {}]\n",
        "apiVersion: v1\nkind: Service\nspec: {ports: [1, {port: {}}], type: 3}\n",
    ],
)
def test_strange_shapes_are_no_crash(text):
    (first, *_) = built(kubernetes.SOURCE, {"a.yaml": text})
    assert first.file.path == "a.yaml"


@pytest.mark.parametrize(
    ("pod_line", "container", "missing"),
    [
        ("nodeName: a", "tty: true", 4),
        ("nodeName: a", SAFE, 2),
        ("securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}", SAFE, 0),
        ("securityContext: {runAsUser: 5, seccompProfile: {type: RuntimeDefault}}", SAFE, 0),
        ("securityContext: {runAsUser: 0, seccompProfile: {type: RuntimeDefault}}", SAFE, 1),
    ],
)
def test_the_restricted_standard(pod_line, container, missing):
    workload = pod(pod_line, container)["workload"]
    assert len(workload.missing_restrictions) == missing
    assert workload.writable_root is (container != SAFE)


def test_host_mounts():
    text = POD.format(
        pod="volumes: [{name: a, hostPath: {path: /}}, {name: b, hostPath: {path: /run/docker.sock}},"
        " {name: c, hostPath: {path: /srv}}]",
        container="volumeMounts: [{name: a, readOnly: true}, {name: b, readOnly: true}]",
    )
    workload = views(text)["workload"]
    assert (workload.host_folders, workload.host_folders_writable) == (("/",), False)
    assert workload.socket == "ro"
    assert views(text.replace("{name: b, readOnly: true}", ""))["workload"].socket == "rw"


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("kind: Deployment\nspec: {replicas: 1, strategy: {type: Recreate}}", (1, True, False)),
        (
            "kind: Deployment\nspec: {template: {spec: {containers: [{image: a}]}}}",
            (-1, False, True),
        ),
        ("kind: StatefulSet\nspec: {replicas: '3'}", (-1, False, False)),
    ],
)
def test_releases(text, facts):
    workload = views(f"apiVersion: apps/v1\n{text}\n")["workload"]
    assert (workload.replicas, workload.recreated, workload.complete) == facts


@pytest.mark.parametrize(
    ("name", "image", "business"),
    [
        ("checkout", "shop:1", True),
        ("shop-frontend", "shop:1", True),
        ("payment-api", "shop:1", True),
        ("checkout-db", "postgres:17", False),
        ("worker", "shop:1", False),
        ("reorders", "shop:1", False),
        ("webhooks", "shop:1", False),
    ],
)
def test_business_paths(name, image, business):
    text = POD.format(pod="nodeName: a", container="tty: true")
    text = text.replace("name: web}", f"name: {name}}}").replace("shop:1.4", image)
    assert views(text)["workload"].business is business


def test_an_environment_is_read_with_its_lines():
    text = POD.format(
        pod="nodeName: a",
        container="env:\n      - {name: DEBUG, value: true}\n      - {name: X, valueFrom: {}}\n"
        "      - {name: DB_PASSWORD, value: blue-lantern-44}\n      - {name: DB_USER, value: shop}\n"
        "      - {name: QUEUE_PASSWORD, value: shop}\n      - {name: API_KEY, value: changeme}",
    )
    _, found = built(kubernetes.SOURCE, {"a.yaml": text})
    view = found.view
    assert view.environment["DEBUG"] == "true"
    assert "X" not in view.environment
    assert (view.secret_names, view.default_secrets) == (("DB_PASSWORD",), ("QUEUE_PASSWORD",))
    assert found.line_at("secret") == 14
    assert found.places["environment.DB_PASSWORD"] == 12


@pytest.mark.parametrize(
    ("rules", "facts"),
    [
        ('{apiGroups: ["*"], resources: ["*"], verbs: ["*"]}', (True, False, ())),
        ('{apiGroups: [""], resources: ["*"], verbs: [get]}', (False, True, ())),
        ('{apiGroups: [metrics.k8s.io], resources: ["*"], verbs: [get]}', (False, False, ())),
        ('{apiGroups: [shop.example.com], resources: ["*"], verbs: ["*"]}', (False, True, ())),
        ('{apiGroups: [""], resources: [pods], verbs: ["*"]}', (False, True, ())),
        ('{nonResourceURLs: ["*"], verbs: ["*"]}', (False, False, ())),
        (
            '{apiGroups: [""], resources: [secrets], verbs: [list]}',
            (False, False, ("reads secrets",)),
        ),
        ('{apiGroups: [""], resources: [secrets], verbs: [create]}', (False, False, ())),
        (
            "{apiGroups: [rbac.authorization.k8s.io], resources: [roles], verbs: [escalate, bind]}",
            (False, False, ("may bind", "may escalate")),
        ),
    ],
)
def test_roles(rules, facts):
    role = views(f"apiVersion: v1\nkind: ClusterRole\nrules:\n- {rules}\n")["role"]
    assert (role.all_powers, role.wildcard, role.powers) == facts


@pytest.mark.parametrize(
    ("subject", "accounts", "everybody"),
    [
        ("{kind: ServiceAccount, name: ci}", ("ServiceAccount ci",), False),
        ("{kind: Group, name: admins}", (), False),
        ("{kind: Group, name: 'system:serviceaccounts'}", ("Group system:serviceaccounts",), False),
        ("{kind: Group, name: 'system:unauthenticated'}", (), True),
    ],
)
def test_bindings(subject, accounts, everybody):
    text = f"apiVersion: v1\nkind: RoleBinding\nroleRef: {{name: admin}}\nsubjects: [{subject}]\n"
    binding = views(text)["binding"]
    assert (binding.admin, binding.accounts, binding.everybody) == (True, accounts, everybody)


def encoded(text):
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("body", "own", "default"),
    [
        (f"kind: Secret\ndata: {{k: {encoded('blue-lantern')}}}", ("k",), ()),
        (f"kind: Secret\ndata: {{k: {encoded('changeme')}}}", ("k",), ("k",)),
        (
            f"kind: Secret\ndata: {{user: {encoded('shop')}, pw: {encoded('shop')}}}",
            ("pw",),
            ("pw",),
        ),
        (f"kind: Secret\ndata: {{k: {encoded('')}, l: {encoded('${X}')}}}", (), ()),
        ("kind: Secret\nstringData: {tls.crt: abc, k: '<path:kv/shop#k>'}", (), ()),
        ("kind: Secret\ndata: {k: 'not base64'}", ("k",), ()),
        ("kind: Secret\ndata: {k: abcd}\nsops: {mac: x}", (), ()),
        ("kind: ConfigMap\ndata: {API_KEY: abc-123, LEVEL: info}", ("API_KEY",), ()),
        ("kind: ConfigMap\ndata: {API_TOKEN: secret, settings.ini: 'password = a'}", (), ()),
    ],
)
def test_secret_objects(body, own, default):
    found = views(f"apiVersion: v1\n{body}\n").get("secret_object")
    assert (found.secret_names if found else ()) == own
    assert (found.default_secrets if found else ()) == default


@pytest.mark.parametrize(
    ("spec", "facts"),
    [
        ("{ports: [{port: 5432}]}", (False, False, ("5432",))),
        ("{type: NodePort, ports: [{port: 80, targetPort: 3306}]}", (True, False, ("80",))),
        ("{type: LoadBalancer, ports: [{port: 443}]}", (True, False, ())),
        ("{type: LoadBalancer, loadBalancerSourceRanges: [10.0.0.0/8]}", (True, True, ())),
        ("{type: LoadBalancer, loadBalancerSourceRanges: [0.0.0.0/0]}", (True, False, ())),
        ("{externalIPs: [198.51.100.7]}", (True, False, ())),
    ],
)
def test_services(spec, facts):
    found = views(f"apiVersion: v1\nkind: Service\nspec: {spec}\n")["service_object"]
    assert (found.outside, found.limited, found.datastore_ports) == facts


CHART = {"chart/Chart.yaml": "name: shop\n", "chart/values.yaml": "image: {tag: latest}\n"}
TEMPLATE = """\
{{- if .Values.web.enabled }}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "shop.fullname" . }}
spec:
  replicas: {{ .Values.replicas }}
  template:
    spec:
      hostPID: true
      containers:
        - name: {{ .Chart.Name }}
          image: "shop:{{ .Values.image.tag }}"
          securityContext:
            {{- toYaml .Values.securityContext | nindent 12 }}
{{- end }}
"""


def test_a_helm_template_is_read_as_far_as_it_is_written():
    workload, container = built(kubernetes.SOURCE, CHART | {"chart/templates/web.yaml": TEMPLATE})
    assert (workload.name, workload.line, workload.line_at("host")) == ("chart", 3, 10)
    assert workload.view.host_namespaces == ("hostPID",)
    assert (workload.view.complete, workload.view.missing_restrictions) == (False, ())
    assert (container.view.image, container.view.image_moves) == ("shop:latest", True)


def test_a_template_that_only_helm_can_read_is_left_out():
    with pytest.raises(NotRendered) as caught:
        built(
            kubernetes.SOURCE,
            CHART | {"chart/templates/web.yaml": "kind: a\napiVersion: b\n  {{x}}: [\n"},
        )
    assert caught.value.kind == "Helm templates that only helm can render"


def test_other_templates_are_read_or_named():
    text = "apiVersion: v1\nkind: Secret\nstringData: {token: abc-123}\nx: {{ jinja }}\n"
    assert views(text)["secret_object"].secret_names == ("token",)
    with pytest.raises(DocumentError, match="not valid YAML"):
        views("apiVersion: v1\nkind: Pod\nspec: {% if x %}[{% endif %}\n{{ y }}\n")


@pytest.mark.parametrize(
    "values", ["a: [\n", "- a\n", "", "# " + "x" * 200_000, "a: &a {<<: *b}\n"]
)
def test_values_that_cannot_be_used_only_leave_gaps(values):
    files = CHART | {"chart/templates/web.yaml": TEMPLATE, "chart/values.yaml": values}
    assert built(kubernetes.SOURCE, files)[1].view.image == "shop:$unknown"


def test_a_kustomization():
    text = (
        "images:\n- name: postgres\n  newTag: '17'\n- {name: shop, newName: acme/shop, newTag: latest}\n"
        "- {name: redis, digest: 'sha256:abc'}\n- {name: other}\n- 3\n"
        "secretGenerator:\n- name: shop\n  literals: [user=shop, password=shop, token=a1-b2]\n- x\n"
    )
    found = built(kustomize.SOURCE, {"overlays/kustomization.yaml": text})
    assert [
        (each.kind, each.line_at("image"), getattr(each.view, "image", "")) for each in found
    ] == [
        ("image_choice", 3, "postgres:17"),
        ("image_choice", 4, "acme/shop:latest"),
        ("image_choice", 5, "redis@sha256:abc"),
        ("secret_object", 9, ""),
        ("secret_object", 11, ""),
    ]
    assert [each.view.image_moves for each in found[:3]] == [False, True, False]
    assert found[3].view.secret_names == ("password", "token")
    assert found[3].view.default_secrets == ("password",)
    assert found[3].line_at("secret") == 10


def test_helm_values():
    text = """\
image: {repository: shop, tag: latest}
db:
  image: {repository: postgres, tag: "17.2"}
  auth: {username: shop, password: shop, existingSecret: my-secret}
redis: {auth: {enabled: false}}
metrics: {auth: {enabled: false}}
tools: {enabled: false, image: {repository: adminer, tag: "5"}, privileged: true}
php:
  hostNetwork: true
  apiToken: a1b2-c3d4
  securityContext: {privileged: true, capabilities: {add: [SYS_ADMIN, CHOWN]}}
  volumes: [{hostPath: {path: /etc}}, {hostPath: {path: /var/run/docker.sock}}, {hostPath: /srv}]
"""
    (found,) = built(helm.SOURCE, {"chart/values-prod.yaml": text})
    view = found.view
    assert view.live
    assert view.images == ("shop:latest", "postgres:17.2")
    assert view.moving_images == ("shop:latest",)
    assert view.privileged
    assert view.host_namespaces == ("hostNetwork",)
    assert view.host_folders == ("/etc",)
    assert view.socket
    assert view.capabilities == ("SYS_ADMIN",)
    assert view.secret_names == ("php.apiToken",)
    assert view.default_secrets == ("db.auth.password",)
    assert view.no_login == "redis.auth.enabled"
    assert view.admin_tools == ()
    assert {place: found.line_at(place) for place in ("image", "secret", "no_login", "host", "socket")} == {
        "image": 1, "secret": 4, "no_login": 5, "host": 9, "socket": 12,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "wanted"),
    [("values.yaml", True), ("prod.values.yml", True), ("values-live.yaml", True),
     ("my-values.yaml", True), ("values.json", False), ("evaluates.yaml", False)],
)  # fmt: skip
def test_names_of_values_files(name, wanted):
    assert bool(built(helm.SOURCE, {name: "a: 1\n"})) is wanted


@pytest.mark.parametrize(
    ("selector", "container", "why"),
    [
        ("{app: a}", "{image: redis}", "redis, no requirepass"),
        ("{app: b}", "{image: redis}", ""),
        ("{}", "{image: redis}", ""),
        ("{app: a}", "{image: redis, args: [--requirepass, x]}", ""),
        ("{app: a}", "{image: redis, env: [{name: REDIS_PASSWORD, valueFrom: {}}]}", ""),
        ("{app: a}", "{image: redis, envFrom: [{secretRef: {name: a}}]}", ""),
        ("{app: a}", "{image: shop}", ""),
        (
            "{app: a}",
            "{image: postgres, env: [{name: POSTGRES_HOST_AUTH_METHOD, value: trust}]}",
            "postgres, POSTGRES_HOST_AUTH_METHOD: trust",
        ),
    ],
)
def test_a_service_knows_the_open_data_store_behind_it(selector, container, why):
    found = views(
        "apiVersion: apps/v1\nkind: Deployment\nspec:\n  template:\n"
        "    metadata: {labels: {app: a, tier: b}}\n"
        f"    spec: {{containers: [{container}]}}\n---\n"
        f"apiVersion: v1\nkind: Service\nspec: {{selector: {selector}}}\n"
    )["service_object"]
    assert found.no_login == why
