#!/bin/sh
# What the template's jobs call, from a checkout of shopsec outside of the project:
#   run.sh scan     scan; of several jobs each a share (CI_NODE_INDEX of CI_NODE_TOTAL)
#   run.sh report   put the shares together and write the reports
# Both exit 0 where reports were written, whatever is in them: GitLab reads those of a job that
# succeeded, and the gate's job exits as shopsec did: it is handed a variable, which no file of the
# project can be taken for.
set -eu

source=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
reports=shopsec-report
shards=shopsec-shards
kept=.shopsec-cache

install_shopsec() {
  python3 -I -m venv --without-pip "$work/venv"
  pip_install --no-compile --only-binary :all: --require-hashes \
    -r "$source/requirements/run.txt" -r "$source/requirements/build.txt"
  pip_install --no-deps --no-build-isolation "$source"
}

pip_install() {
  python3 -I -m pip --python "$work/venv/bin/python" install --quiet --disable-pip-version-check "$@"
}

shopsec() {
  "$work/venv/bin/python" -I -m shopsec "$@"
}

# An image's user need not own what the runner cloned.
own_git() {
  git -c safe.directory="$PWD" "$@"
}

# True as well where git cannot tell.
is_of_project() {
  ! tracked=$(own_git ls-files -- "$1") || [ -n "$tracked" ]
}

# GitLab keeps only what lies in the project. There it would be scanned, so it is moved out and back.
# One that the project itself brings is neither used nor kept for the next pipeline.
take_cache() {
  XDG_CACHE_HOME=$work/cache
  export XDG_CACHE_HOME
  if is_of_project "$kept"; then
    echo "shopsec: $kept is part of the project and is not used"
    trap 'rm -rf "$kept"' EXIT
    return
  fi
  trap 'keep_cache' EXIT
  if [ -d "$kept" ] && [ ! -L "$kept" ]; then mv "$kept" "$work/cache"; else mkdir "$work/cache"; fi
}

keep_cache() {
  rm -rf "$kept"
  mv "$work/cache" "$kept"
}

install_trivy() {
  case $SHOPSEC_TRIVY in
    none) return ;;
    default) set -- ;;
    *) set -- --version "$SHOPSEC_TRIVY" ;;
  esac
  shopsec tools install trivy "$@" ||
    echo "shopsec: Trivy could not be installed; what it would have looked at is not checked"
}

# The runner fetches the merge request alone.
fetch_target() {
  branch=${CI_MERGE_REQUEST_TARGET_BRANCH_NAME:-}
  if [ -n "$branch" ]; then
    own_git fetch --quiet origin "+refs/heads/$branch:refs/remotes/origin/$branch" ||
      echo "shopsec: $branch could not be fetched"
  fi
}

outputs() {
  for each in sarif-gitlab=shopsec.sarif json=shopsec.json markdown=shopsec.md html=shopsec.html \
    comment=comment.md cyclonedx=shopsec.cdx.json junit=junit.xml code-quality=code-quality.json \
    gitlab-sast=sast.json gitlab-secret-detection=secret-detection.json \
    gitlab-dependency-scanning=dependency-scanning.json \
    gitlab-container-scanning=container-scanning.json decision=shopsec.decision.json; do
    printf '%s\n' "--output=${each%%=*}=$reports/${each#*=}"
  done
}

# Passes on usage errors and bugs: then there are no reports.
ended() {
  case $1 in
    0 | 1 | 3) printf 'SHOPSEC_EXIT_CODE=%s\n' "$1" > "$reports/gate.env" ;;
    *) exit "$1" ;;
  esac
  "$work/venv/bin/python" -I "$source/gitlab-template/note.py" "$reports"
}

new_folder() {
  rm -rf "$1"
  mkdir "$1"
}

scan() {
  set -f # words of options are no patterns of the project's files
  set -- ${SHOPSEC_POLICY:+--policy "$SHOPSEC_POLICY"} $SHOPSEC_OPTIONS
  set +f
  if [ "$SHOPSEC_BASE_REF" != none ]; then set -- "$@" --base-ref "$SHOPSEC_BASE_REF"; fi
  # The project's own are no reports, and would be taken for some.
  new_folder "$reports"
  new_folder "$shards"
  if [ "${CI_NODE_TOTAL:-1}" != 1 ]; then
    shopsec scan "$@" --shard auto --output "shard=$shards/$CI_NODE_INDEX.json" -- "$SHOPSEC_PATH"
    return
  fi
  code=0
  shopsec scan "$@" $(outputs) -- "$SHOPSEC_PATH" || code=$?
  ended "$code"
}

report() {
  if is_of_project "$shards"; then
    echo "shopsec: $shards is part of the project, so shards cannot be told from it: remove it there"
    exit 2
  fi
  new_folder "$reports"
  code=0
  shopsec merge $(outputs) --path "$SHOPSEC_PATH" -- "$shards"/*.json || code=$?
  ended "$code"
}

install_shopsec
take_cache
fetch_target
if [ "$1" = scan ]; then
  install_trivy
  scan
else
  report
fi
