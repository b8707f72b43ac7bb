#compdef kirogate
# zsh completion for kirogate(1)

_kirogate_names() {
    local -a names
    names=(${(f)"$(kirogate $1 list 2>/dev/null | awk 'NR > 1 && $2 != "-" { print $2 }')"})
    compadd -a names
}

_kirogate() {
    local curcontext=$curcontext state line
    local -a global fields limits json yes
    global=(
        '(- *)'{-h,--help}'[print help]'
        '--config=[configuration file]:file:_files'
        '--state-dir=[state directory]:directory:_directories'
    )
    json=('--json[machine-readable output]')
    yes=('(-y --yes)'{-y,--yes}'[do not ask]')
    fields=(
        '--name=[name]:name:'
        '--auth-method=[how it signs in]:method:(social idc api-key external-idp)'
        '--provider=[provider]:provider:(Google Github BuilderId Enterprise)'
        '--region=[region of the sign-in service]:region:'
        '--api-region=[region of the API]:region:'
        '--profile-arn=[profile of an organisation]:ARN:'
        '--client-id=[OIDC client id]:id:'
        '--client-secret-file=[file with the OIDC client secret]:file:_files'
        '--start-url=[Identity Center start page]:URL:'
        '--token-endpoint=[token endpoint]:URL:'
        '--scopes=[OAuth scopes]:scopes:'
        '--proxy=[outbound proxy]:URL:'
        '--priority=[lower is used first]:number:'
        '--weight=[share of concurrent requests]:number:'
        '--max-concurrency=[requests at the same time]:number:'
        '--rpm=[requests per minute, 0 for no limit]:number:'
        '--burst=[requests at once]:number:'
        '--tpm=[tokens per minute, 0 for no limit]:number:'
        '*--group=[group that keys may be bound to]:group:'
        '--note=[free text]:text:'
        '--token-file=[file with the refresh token or API key]:file:_files'
    )
    limits=(
        '--name=[name]:name:'
        '*--model=[allowed model]:pattern:'
        '*--deny-model=[model refused even if allowed]:pattern:'
        '*--account=[allowed account]:account:_kirogate_names account'
        '*--allow-group=[allowed group of accounts]:group:'
        '*--allow-ip=[address or range that may use the key]:network:'
        '--credits=[credit limit, or none]:credits:'
        '*--credits-per=[credits of a period]:period:(day= week= month=)'
        '--tokens=[token limit, or none]:tokens:'
        '*--tokens-per=[tokens of a period]:period:(day= week= month=)'
        '--zone=[time zone in which periods begin]:zone:_time_zone'
        '--expires=[expiry]:time:'
        '--rpm=[requests per minute]:number:'
        '--burst=[requests at once]:number:'
        '--tpm=[tokens per minute]:number:'
        '--streams=[requests in progress]:number:'
        '--system-prepend=[text before every system prompt]:text:'
        '--system-append=[text after every system prompt]:text:'
        '--thinking=[effort where the client says nothing]:effort:(low medium high xhigh max none)'
        '--compression=[compress long conversations]:when:(off on 30 50 70 none)'
        '--web-search=[run web searches for the model]:when:(off on none)'
        '(--no-strict)--strict[refuse what would be ignored or emulated]'
        '(--strict)--no-strict[warn of it instead]'
    )
    _arguments -C $global '(- *)--version[print the version]' '(- *)--help-all[help of every command]' \
        '1:command:((serve\:"run the gateway" status\:"show the daemon and the accounts" config\:"look at the configuration" version\:"print the version" models\:"list the models" chat\:"ask a model" account\:"manage the Kiro accounts" key\:"manage the keys of clients"))' \
        '*::argument:->argument'
    [[ $state == argument ]] || return

    local command=$line[1]
    if [[ $command == (config|account|key) ]]; then
        if (( CURRENT == 1 )); then
            case $command in
                config) compadd show check path init ;;
                account) compadd add list show edit remove enable disable reset refresh verify usage export import ;;
                key) compadd create list show edit revoke rotate ;;
            esac
            return
        fi
        command+=" $words[1]"
    fi
    # For one word, $words begins with the command already; for two, with the second.
    case $command in
        serve)
            _arguments $global '--demo[serve a built-in fake upstream]' '--listen=[HOST:PORT or unix:/PATH]:address:' \
                '--workers=[threads]:number:' '--web-root=[directory of the pages]:directory:_files -/' \
                '--check[check configuration and database, then exit]'
            ;;
        status | models) _arguments $global $json '--server=[URL of a running gateway]:URL:' ;;
        'config show' | 'account list' | 'key list') _arguments $global $json ;;
        'config init') _arguments $global '--force[overwrite an existing file]' '1:file:_files' ;;
        chat)
            _arguments $global '(--jsonl)--json[one JSON object with answer and usage]' '(--json)--jsonl[one JSON object per event]' \
                '(-m --model)'{-m,--model=}'[model name]:model:' '(-s --system)'{-s,--system=}'[system prompt]:text:' \
                '*'{-f,--file=}'[append a file to the prompt]:file:_files' '*--image=[attach a picture]:file:_files' \
                '--thinking=-[let the model think]::effort:(low medium high xhigh max)' \
                '--max-tokens=[stop after about this many tokens]:number:' '--server=[ask a running gateway]:URL:' \
                "--key-file=[file with the gateway's API key]:file:_files" \
                '--no-stream[print the answer when it is complete]' '*:prompt:'
            ;;
        'account add') _arguments $global $fields $json ;;
        'account edit')
            _arguments $global $fields '--reset[forget failures, cool-down and suspension]' '1:account:_kirogate_names account'
            ;;
        'account show' | 'account refresh' | 'account verify') _arguments $global $json '*:account:_kirogate_names account' ;;
        'account usage') _arguments $global $json '--cached[without asking Kiro]' '*:account:_kirogate_names account' ;;
        'account export')
            _arguments $global '--format=[form of the file]:form:(kirogate kam kiro-rs minimal csv txt dash summary)' '(-o --output)'{-o,--output=}'[new file]:file:_files' '--with-secrets[with tokens and client secrets]' '*:account:_kirogate_names account'
            ;;
        'account remove') _arguments $global $yes '*:account:_kirogate_names account' ;;
        'account enable' | 'account disable' | 'account reset') _arguments $global '*:account:_kirogate_names account' ;;
        'account import')
            _arguments $global $json '--from=[import from a program of this machine]:source:(ide kiro-cli amazon-q)' '--mode=[take the tokens, or share the file]:mode:(copy follow)' '--login=[which sign-in of kiro-cli]:login:(social idc external-idp)' '--on-duplicate=[accounts that are here already]:what:(update skip fail)' '--dry-run[write nothing]' '--verify[ask Kiro whether it works]' '1:file:_files'
            ;;
        'key create') _arguments $global $limits $json ;;
        'key edit')
            _arguments $global $limits '(--disable)--enable[accept the key again]' '(--enable)--disable[refuse the key]' \
                '--any-model[allow every model]' '--any-account[allow every account]' '1:key:_kirogate_names key'
            ;;
        'key show') _arguments $global $json '1:key:_kirogate_names key' ;;
        'key rotate') _arguments $global $json '--overlap=[how long the old key stays valid]:time:' '1:key:_kirogate_names key' ;;
        'key revoke') _arguments $global $yes '1:key:_kirogate_names key' ;;
        *) _arguments $global ;;
    esac
}

_kirogate "$@"
