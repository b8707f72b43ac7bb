# bash completion for kirogate(1)

_kirogate() {
    local cur prev words cword
    if declare -F _init_completion >/dev/null; then
        _init_completion -n = || return
    else
        words=("${COMP_WORDS[@]}") cword=$COMP_CWORD
        cur=${words[cword]} prev=${words[cword - 1]}
    fi
    COMPREPLY=()

    # The value of an option.
    case $prev in
        --config | --file | -f | --image | --key-file | --token-file | --client-secret-file)
            compopt -o filenames 2>/dev/null
            mapfile -t COMPREPLY < <(compgen -f -- "$cur")
            return
            ;;
        --state-dir | --web-root)
            compopt -o filenames 2>/dev/null
            mapfile -t COMPREPLY < <(compgen -d -- "$cur")
            return
            ;;
        --auth-method) mapfile -t COMPREPLY < <(compgen -W 'social idc api-key external-idp' -- "$cur") && return ;;
        --provider) mapfile -t COMPREPLY < <(compgen -W 'Google Github BuilderId Enterprise' -- "$cur") && return ;;
        --thinking) mapfile -t COMPREPLY < <(compgen -W 'low medium high xhigh max' -- "$cur") && return ;;
        --compression) mapfile -t COMPREPLY < <(compgen -W 'off on 30 50 70 none' -- "$cur") && return ;;
        --web-search) mapfile -t COMPREPLY < <(compgen -W 'off on none' -- "$cur") && return ;;
        --mode) mapfile -t COMPREPLY < <(compgen -W 'copy follow' -- "$cur") && return ;;
        --format) mapfile -t COMPREPLY < <(compgen -W 'kirogate kam kiro-rs minimal csv txt dash summary' -- "$cur") && return ;;
        --from) mapfile -t COMPREPLY < <(compgen -W 'ide kiro-cli amazon-q' -- "$cur") && return ;;
        --account) mapfile -t COMPREPLY < <(compgen -W "$(_kirogate_names account)" -- "$cur") && return ;;
        -m | --model | --listen | --workers | -s | --system | --max-tokens | --server | --name | --region | --api-region | \
            --profile-arn | --client-id | --start-url | --token-endpoint | --scopes | --proxy | --priority | --weight | \
            --max-concurrency | --group | --allow-group | --note | --credits | --expires | --rpm | --burst | --tpm)
            return
            ;;
    esac

    # The command: the first words that are neither options nor their values.
    local i command='' skip=0
    for ((i = 1; i < cword; i++)); do
        if ((skip)); then
            skip=0
            continue
        fi
        case ${words[i]} in
            --config | --state-dir) skip=1 ;;
            -*) ;;
            *)
                case $command in
                    '') command=${words[i]} ;;
                    account | key | config) command+=" ${words[i]}" ;;
                esac
                ;;
        esac
    done

    local global='--help --config --state-dir' fields options=''
    fields='--name --auth-method --provider --region --api-region --profile-arn --client-id --client-secret-file
        --start-url --token-endpoint --scopes --proxy --priority --weight --max-concurrency --rpm --burst --tpm --group
        --note --token-file'
    local limits='--name --model --deny-model --account --allow-group --allow-ip --credits --credits-per --tokens
        --tokens-per --zone --expires --rpm --burst --tpm --streams --system-prepend --system-append --thinking
        --compression --web-search --strict --no-strict'
    case $command in
        '') options='serve status config version models chat account key --version --help-all' ;;
        config) options='show check path init' ;;
        account) options='add list show edit remove enable disable reset refresh verify usage export import' ;;
        key) options='create list show edit revoke rotate' ;;
        serve) options='--demo --listen --workers --web-root --check' ;;
        status | models) options='--server --json' ;;
        'config show' | 'account list' | 'key list') options='--json' ;;
        'config init')
            options='--force'
            [[ $cur == -* ]] || mapfile -t COMPREPLY < <(compgen -f -- "$cur")
            ;;
        chat)
            options='--model --system --file --image --thinking --max-tokens --server --key-file --no-stream --json --jsonl'
            ;;
        'account add') options="$fields --json" ;;
        'account edit') options="$fields --reset $(_kirogate_names account)" ;;
        'account show' | 'account refresh' | 'account verify') options="--json $(_kirogate_names account)" ;;
        'account usage') options="--cached --json $(_kirogate_names account)" ;;
        'account export') options="--format --output --with-secrets -o $(_kirogate_names account)" ;;
        'account remove') options="--yes $(_kirogate_names account)" ;;
        'account enable' | 'account disable' | 'account reset') options=$(_kirogate_names account) ;;
        'account import')
            options='--from --mode --login --on-duplicate --dry-run --verify --json'
            [[ $cur == -* ]] || mapfile -t COMPREPLY < <(compgen -f -- "$cur")
            ;;
        'key create') options="$limits --json" ;;
        'key edit') options="$limits --enable --disable --any-model --any-account $(_kirogate_names key)" ;;
        'key show') options="--json $(_kirogate_names key)" ;;
        'key rotate') options="--overlap --json $(_kirogate_names key)" ;;
        'key revoke') options="--yes $(_kirogate_names key)" ;;
    esac
    local found
    mapfile -t found < <(compgen -W "$options $global" -- "$cur")
    COMPREPLY+=("${found[@]}")
    # Nothing but options remains: they are offered once a dash is typed.
    [[ $cur == -* ]] || mapfile -t COMPREPLY < <(printf '%s\n' "${COMPREPLY[@]}" | grep -v '^-')
}

# Names of the accounts or keys: the second column of the list.
_kirogate_names() {
    kirogate "$1" list 2>/dev/null | awk 'NR > 1 && $2 != "-" { print $2 }'
}

complete -F _kirogate kirogate
