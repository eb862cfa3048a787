# What is installed, and the Debian package of it: script/package.
set(package_files "${CMAKE_BINARY_DIR}/package_files")
set(packaging "${CMAKE_SOURCE_DIR}/packaging")
file(MAKE_DIRECTORY "${package_files}")

# What the program says of itself.
function(troupe_said file)
  add_custom_command(OUTPUT "${package_files}/${file}" COMMAND troupe ${ARGN} > "${package_files}/${file}" DEPENDS troupe)
  set_property(GLOBAL APPEND PROPERTY troupe_said "${package_files}/${file}")
endfunction()
troupe_said(troupe.1 manual)
troupe_said(troupe.bash completion bash)
troupe_said(_troupe completion zsh)
troupe_said(troupe.fish completion fish)
add_custom_command(OUTPUT "${package_files}/troupe.1.gz" COMMAND gzip -9nkf "${package_files}/troupe.1"
  DEPENDS "${package_files}/troupe.1")
add_custom_command(OUTPUT "${package_files}/changelog.gz"
  COMMAND gzip -9nc "${packaging}/changelog" > "${package_files}/changelog.gz" DEPENDS "${packaging}/changelog")
get_property(said GLOBAL PROPERTY troupe_said)
add_custom_target(package_files DEPENDS ${said} "${package_files}/troupe.1.gz" "${package_files}/changelog.gz")

install(TARGETS troupe RUNTIME DESTINATION usr/bin)
install(FILES "${package_files}/troupe.1.gz" DESTINATION usr/share/man/man1)
install(FILES "${package_files}/troupe.bash" DESTINATION usr/share/bash-completion/completions RENAME troupe)
install(FILES "${package_files}/_troupe" DESTINATION usr/share/zsh/vendor-completions)
install(FILES "${package_files}/troupe.fish" DESTINATION usr/share/fish/vendor_completions.d)
install(FILES "${packaging}/copyright" "${package_files}/changelog.gz" DESTINATION usr/share/doc/troupe)
install(FILES "${packaging}/grafana-dashboard.json" "${packaging}/nginx.conf" DESTINATION usr/share/doc/troupe/packaging)
install(FILES "${CMAKE_SOURCE_DIR}/docs/node_modules/redoc/bundles/redoc.standalone.js.LICENSE.txt"
  DESTINATION usr/share/doc/troupe RENAME redoc.licenses.txt)
file(GLOB documentation "${CMAKE_SOURCE_DIR}/docs/*.md" "${CMAKE_SOURCE_DIR}/docs/openapi.yaml")
# As in the source, so that what refers to another finds it.
install(FILES ${documentation} DESTINATION usr/share/doc/troupe/docs)
install(FILES "${CMAKE_SOURCE_DIR}/README.md" DESTINATION usr/share/doc/troupe)
install(FILES "${packaging}/troupe.service" "${packaging}/troupe-worker.service" DESTINATION lib/systemd/system)
install(FILES "${CMAKE_SOURCE_DIR}/config/troupe.json" DESTINATION etc/troupe)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME troupe)
set(CPACK_PACKAGE_CONTACT "Troupe <noreply@troupe.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "batches of URLs and files, fetched and turned into Markdown")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "A server that takes batches of URLs and files, fetches each page, turns
every page and document into clean Markdown and stores it; whoever submitted
them sees exactly, at any moment, how far every item is. One program: no
broker, no task queue, no database server.")
set(CPACK_PACKAGING_INSTALL_PREFIX /)
set(CPACK_PACKAGE_DIRECTORY "${CMAKE_SOURCE_DIR}/build/package")
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "adduser, ca-certificates, poppler-utils")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "ffmpeg, yt-dlp")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "prometheus, nginx")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA "${packaging}/postinst;${packaging}/prerm;${packaging}/postrm;${packaging}/conffiles")
include(CPack)
