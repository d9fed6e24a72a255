# Sourced by the entry points in scripts: they run from the top of the repository.

cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# build <preset> [<target>...]: configures, quietly unless that fails, and builds.
build() {
  local preset=$1 output
  shift
  output=$(cmake --preset "${preset}" 2>&1) || {
    printf '%s\n' "${output}" >&2
    return 1
  }
  cmake --build --preset "${preset}" ${1:+--target "$@"}
}
