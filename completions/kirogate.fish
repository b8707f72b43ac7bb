# fish completion for kirogate(1)

function __kirogate_names
    kirogate $argv[1] list 2>/dev/null | awk 'NR > 1 && $2 != "-" { print $2 }'
end

# Whether the command is exactly these words, as "account add" or "chat".
function __kirogate_in
    set -l words
    set -l skip 0
    for word in (commandline -opc)[2..-1]
        if test $skip = 1
            set skip 0
        else if contains -- $word --config --state-dir
            set skip 1
        else if not string match -q -- '-*' $word
            set -a words $word
        end
    end
    set -l wanted (string split ' ' -- $argv[1])
    test "$words[1..(count $wanted)]" = "$argv[1]"
end

function __kirogate_needs
    set -l words (commandline -opc)[2..-1]
    set words (string match -v -- '-*' $words)
    test "$words" = "$argv[1]"
end

complete -c kirogate -f
complete -c kirogate -s h -l help -d 'Print help'
complete -c kirogate -l config -rF -d 'Configuration file'
complete -c kirogate -l state-dir -xa '(__fish_complete_directories)' -d 'State directory'
complete -c kirogate -n '__kirogate_needs ""' -l version -d 'Print the version'
complete -c kirogate -n '__kirogate_needs ""' -l help-all -d 'Help of every command'

complete -c kirogate -n '__kirogate_needs ""' -a serve -d 'Run the gateway'
complete -c kirogate -n '__kirogate_needs ""' -a status -d 'Show the daemon, the accounts and what was used'
complete -c kirogate -n '__kirogate_needs ""' -a config -d 'Look at the configuration'
complete -c kirogate -n '__kirogate_needs ""' -a version -d 'Print the version'
complete -c kirogate -n '__kirogate_needs ""' -a models -d 'List the models the accounts offer'
complete -c kirogate -n '__kirogate_needs ""' -a chat -d 'Ask a model'
complete -c kirogate -n '__kirogate_needs ""' -a account -d 'Manage the Kiro accounts'
complete -c kirogate -n '__kirogate_needs ""' -a key -d 'Manage the kg- keys that clients use'
complete -c kirogate -n '__kirogate_needs config' -a 'show check path init'
complete -c kirogate -n '__kirogate_needs account' -a 'add list show edit remove enable disable reset refresh verify usage export import'
complete -c kirogate -n '__kirogate_needs key' -a 'create list show edit revoke rotate'

complete -c kirogate -n '__kirogate_in serve' -l demo -d 'Serve a built-in fake upstream'
complete -c kirogate -n '__kirogate_in serve' -l listen -x -d 'HOST:PORT or unix:/PATH'
complete -c kirogate -n '__kirogate_in serve' -l workers -x -d 'Threads'
complete -c kirogate -n '__kirogate_in serve' -l web-root -x -a '(__fish_complete_directories)' -d 'Directory of the pages'
complete -c kirogate -n '__kirogate_in serve' -l check -d 'Check configuration and database, then exit'

for command in status models
    complete -c kirogate -n "__kirogate_in $command" -l server -x -d 'URL of a running gateway'
end
for command in status models 'config show' 'account add' 'account list' 'account show' 'account refresh' 'account verify' 'account usage' 'account import' \
        'key create' 'key list' 'key show' 'key rotate' chat
    complete -c kirogate -n "__kirogate_in '$command'" -l json -d 'Machine-readable output'
end
complete -c kirogate -n '__kirogate_in "config init"' -F -l force -d 'Overwrite an existing file'

complete -c kirogate -n '__kirogate_in chat' -s m -l model -x -d 'Model name'
complete -c kirogate -n '__kirogate_in chat' -s s -l system -x -d 'System prompt'
complete -c kirogate -n '__kirogate_in chat' -s f -l file -rF -d 'Append a file to the prompt'
complete -c kirogate -n '__kirogate_in chat' -l image -rF -d 'Attach a picture'
complete -c kirogate -n '__kirogate_in chat' -l thinking -fa 'low medium high xhigh max' -d 'Let the model think'
complete -c kirogate -n '__kirogate_in chat' -l max-tokens -x -d 'Stop after about this many tokens'
complete -c kirogate -n '__kirogate_in chat' -l server -x -d 'Ask a running gateway'
complete -c kirogate -n '__kirogate_in chat' -l key-file -rF -d "File with the gateway's API key"
complete -c kirogate -n '__kirogate_in chat' -l no-stream -d 'Print the answer when it is complete'
complete -c kirogate -n '__kirogate_in chat' -l jsonl -d 'One JSON object per event'

for command in 'account add' 'account edit'
    set -l in "__kirogate_in '$command'"
    complete -c kirogate -n $in -l name -x -d Name
    complete -c kirogate -n $in -l auth-method -xa 'social idc api-key external-idp' -d 'How it signs in'
    complete -c kirogate -n $in -l provider -xa 'Google Github BuilderId Enterprise' -d Provider
    complete -c kirogate -n $in -l region -x -d 'Region of the sign-in service'
    complete -c kirogate -n $in -l api-region -x -d 'Region of the API'
    complete -c kirogate -n $in -l profile-arn -x -d 'Profile of an organisation'
    complete -c kirogate -n $in -l client-id -x -d 'OIDC client id'
    complete -c kirogate -n $in -l client-secret-file -rF -d 'File with the OIDC client secret'
    complete -c kirogate -n $in -l start-url -x -d 'Identity Center start page'
    complete -c kirogate -n $in -l token-endpoint -x -d 'Token endpoint'
    complete -c kirogate -n $in -l scopes -x -d 'OAuth scopes'
    complete -c kirogate -n $in -l proxy -x -d 'Outbound proxy'
    complete -c kirogate -n $in -l priority -x -d 'Lower is used first'
    complete -c kirogate -n $in -l weight -x -d 'Share of concurrent requests'
    complete -c kirogate -n $in -l max-concurrency -x -d 'Requests at the same time'
    complete -c kirogate -n $in -l rpm -x -d 'Requests per minute, 0 for no limit'
    complete -c kirogate -n $in -l burst -x -d 'Requests at once'
    complete -c kirogate -n $in -l tpm -x -d 'Tokens per minute, 0 for no limit'
    complete -c kirogate -n $in -l group -x -d 'Group that keys may be bound to'
    complete -c kirogate -n $in -l note -x -d 'Free text'
    complete -c kirogate -n $in -l token-file -rF -d 'File with the refresh token or API key'
end
complete -c kirogate -n '__kirogate_in "account edit"' -l reset -d 'Forget failures, cool-down and suspension'
complete -c kirogate -n '__kirogate_in "account remove"' -s y -l yes -d 'Do not ask'
complete -c kirogate -n '__kirogate_in "account usage"' -l cached -d 'Without asking Kiro'
complete -c kirogate -n '__kirogate_in "account export"' -l format -xa 'kirogate kam kiro-rs minimal csv txt dash summary' -d 'Form of the file'
complete -c kirogate -n '__kirogate_in "account export"' -s o -l output -rF -d 'New file'
complete -c kirogate -n '__kirogate_in "account export"' -l with-secrets -d 'With tokens and client secrets'
complete -c kirogate -n '__kirogate_in "account import"' -F -l from -xa 'ide kiro-cli amazon-q' -d 'Import from a program of this machine'
complete -c kirogate -n '__kirogate_in "account import"' -F -l mode -xa 'copy follow' -d 'Take the tokens, or share the file'
complete -c kirogate -n '__kirogate_in "account import"' -F -l login -xa 'social idc external-idp' -d 'Which sign-in of kiro-cli'
complete -c kirogate -n '__kirogate_in "account import"' -F -l on-duplicate -xa 'update skip fail' -d 'Accounts that are here already'
complete -c kirogate -n '__kirogate_in "account import"' -F -l dry-run -d 'Write nothing'
complete -c kirogate -n '__kirogate_in "account import"' -F -l verify -d 'Ask Kiro whether it works'
for command in show edit remove enable disable reset refresh verify usage export
    complete -c kirogate -n "__kirogate_in 'account $command'" -a '(__kirogate_names account)'
end

for command in 'key create' 'key edit'
    set -l in "__kirogate_in '$command'"
    complete -c kirogate -n $in -l name -x -d Name
    complete -c kirogate -n $in -l model -x -d 'Allowed model'
    complete -c kirogate -n $in -l deny-model -x -d 'Model refused even if allowed'
    complete -c kirogate -n $in -l account -xa '(__kirogate_names account)' -d 'Allowed account'
    complete -c kirogate -n $in -l allow-group -x -d 'Allowed group of accounts'
    complete -c kirogate -n $in -l allow-ip -x -d 'Address or range that may use the key'
    complete -c kirogate -n $in -l credits -x -d 'Credit limit, or none'
    complete -c kirogate -n $in -l credits-per -xa 'day= week= month=' -d 'Credits of a period'
    complete -c kirogate -n $in -l tokens -x -d 'Token limit, or none'
    complete -c kirogate -n $in -l tokens-per -xa 'day= week= month=' -d 'Tokens of a period'
    complete -c kirogate -n $in -l zone -x -d 'Time zone in which periods begin'
    complete -c kirogate -n $in -l expires -x -d '2027-01-31, 30d, 12h or none'
    complete -c kirogate -n $in -l rpm -x -d 'Requests per minute'
    complete -c kirogate -n $in -l burst -x -d 'Requests at once'
    complete -c kirogate -n $in -l tpm -x -d 'Tokens per minute'
    complete -c kirogate -n $in -l streams -x -d 'Requests in progress'
    complete -c kirogate -n $in -l system-prepend -x -d 'Text before every system prompt'
    complete -c kirogate -n $in -l system-append -x -d 'Text after every system prompt'
    complete -c kirogate -n $in -l thinking -xa 'low medium high xhigh max none' -d 'Effort where the client says nothing'
    complete -c kirogate -n $in -l compression -xa 'off on 30 50 70 none' -d 'Compress long conversations'
    complete -c kirogate -n $in -l web-search -xa 'off on none' -d 'Run web searches for the model'
    complete -c kirogate -n $in -l strict -d 'Refuse what would be ignored or emulated'
    complete -c kirogate -n $in -l no-strict -d 'Warn of it instead'
end
complete -c kirogate -n '__kirogate_in "key edit"' -l enable -d 'Accept the key again'
complete -c kirogate -n '__kirogate_in "key edit"' -l disable -d 'Refuse the key, keep its record'
complete -c kirogate -n '__kirogate_in "key edit"' -l any-model -d 'Allow every model'
complete -c kirogate -n '__kirogate_in "key edit"' -l any-account -d 'Allow every account'
complete -c kirogate -n '__kirogate_in "key rotate"' -l overlap -x -d 'How long the old key stays valid'
complete -c kirogate -n '__kirogate_in "key revoke"' -s y -l yes -d 'Do not ask'
for command in show edit revoke rotate
    complete -c kirogate -n "__kirogate_in 'key $command'" -a '(__kirogate_names key)'
end
