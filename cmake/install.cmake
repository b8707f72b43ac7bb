# What `cmake --install` puts beside the executable.

install(FILES
    man/kirogate.1 man/kirogate-serve.1 man/kirogate-chat.1 man/kirogate-account.1 man/kirogate-key.1
    DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES man/kirogate.toml.5 DESTINATION ${CMAKE_INSTALL_MANDIR}/man5)

install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
# Of the libraries of the pages, which are inside the executable.
install(DIRECTORY daemon/web/vendor/ DESTINATION ${CMAKE_INSTALL_DOCDIR}/licences
    FILES_MATCHING PATTERN "LICENSE.*" PATTERN "NOTICE.*" PATTERN "README.md")
foreach(document README.md ARCHITECTURE.md CHANGELOG.md)
    if(EXISTS ${PROJECT_SOURCE_DIR}/${document})
        install(FILES ${document} DESTINATION ${CMAKE_INSTALL_DOCDIR})
    endif()
endforeach()
install(DIRECTORY examples DESTINATION ${CMAKE_INSTALL_DOCDIR} PATTERN "kirogate.service" EXCLUDE)

# The unit in the source names /usr/bin; the installed one names where the executable really goes.
file(READ examples/kirogate.service KIROGATE_UNIT)
string(REPLACE "/usr/bin/kirogate" "${CMAKE_INSTALL_FULL_BINDIR}/kirogate" KIROGATE_UNIT "${KIROGATE_UNIT}")
file(WRITE ${PROJECT_BINARY_DIR}/kirogate.service "${KIROGATE_UNIT}")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS examples/kirogate.service)
install(FILES ${PROJECT_BINARY_DIR}/kirogate.service DESTINATION lib/systemd/system)
install(FILES examples/kirogate.sysusers DESTINATION lib/sysusers.d RENAME kirogate.conf)

# Completions are compared with the binary by tests/cli/check-options; each shell looks in a place and for a name of its own.
function(kirogate_install_completion file directory name)
    if(EXISTS ${PROJECT_SOURCE_DIR}/completions/${file})
        install(FILES completions/${file} DESTINATION ${CMAKE_INSTALL_DATADIR}/${directory} RENAME ${name})
    endif()
endfunction()
kirogate_install_completion(kirogate.bash bash-completion/completions kirogate)
kirogate_install_completion(kirogate.zsh zsh/site-functions _kirogate)
kirogate_install_completion(kirogate.fish fish/vendor_completions.d kirogate.fish)
