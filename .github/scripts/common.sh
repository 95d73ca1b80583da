# shellcheck shell=bash
# For the other scripts: which repositories belong together, and how a step hands on a result.

# Built on every miss, in a few seconds.
quick=${SMOKE_QUICK-bookshop requests pytest}
# Built by the nightly run. A pull request that misses them skips their tests.
slow=${SMOKE_SLOW-locagent scikit-learn matplotlib django}

# The repositories of a group, in `repos`.
group() {
    case $1 in
        quick) read -ra repos <<<"$quick" ;;
        slow) read -ra repos <<<"$slow" ;;
        both) read -ra repos <<<"$quick $slow" ;;
        *)
            echo "error: there is no group $1" >&2
            return 2
            ;;
    esac
}

# An output of the step. Without GitHub it is printed.
output() {
    local target=${GITHUB_OUTPUT:-/dev/stdout}
    case $2 in
        *$'\n'*) printf '%s<<END-OF-OUTPUT\n%s\nEND-OF-OUTPUT\n' "$1" "$2" >>"$target" ;;
        *) printf '%s=%s\n' "$1" "$2" >>"$target" ;;
    esac
}

# The same folder of each repository of a group, a line each.
folders() {
    local repo
    group "$2"
    for repo in ${repos[@]+"${repos[@]}"}; do
        printf '%s/%s\n' "$1" "$repo"
    done
}
