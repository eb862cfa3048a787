# The source of http/ops/embedded.hpp, in EMBEDDED_SOURCE: the API's description as JSON, and the page that shows it.
set(embedded "${CMAKE_BINARY_DIR}/embedded")
set(redoc "${CMAKE_SOURCE_DIR}/docs/node_modules/redoc/bundles/redoc.standalone.js")
if(NOT EXISTS "${redoc}")
  message(FATAL_ERROR "docs/node_modules is missing: run script/bootstrap")
endif()
find_package(Python3 REQUIRED COMPONENTS Interpreter)
file(MAKE_DIRECTORY "${embedded}")
add_custom_command(OUTPUT "${embedded}/openapi.json"
  COMMAND "${Python3_EXECUTABLE}" "${CMAKE_SOURCE_DIR}/cmake/yaml_to_json.py"
    "${CMAKE_SOURCE_DIR}/docs/openapi.yaml" "${embedded}/openapi.json"
  DEPENDS "${CMAKE_SOURCE_DIR}/docs/openapi.yaml" "${CMAKE_SOURCE_DIR}/cmake/yaml_to_json.py" VERBATIM)
add_custom_command(OUTPUT "${embedded}/redoc.js.gz"
  COMMAND gzip -9nc "${redoc}" > "${embedded}/redoc.js.gz" DEPENDS "${redoc}" VERBATIM)
set(EMBEDDED_SOURCE "${embedded}/embedded.cpp")
configure_file("${CMAKE_SOURCE_DIR}/http/ops/embedded.cpp.in" "${EMBEDDED_SOURCE}" @ONLY)
set_source_files_properties("${EMBEDDED_SOURCE}" PROPERTIES OBJECT_DEPENDS
  "${CMAKE_SOURCE_DIR}/docs/openapi.yaml;${embedded}/openapi.json;${embedded}/redoc.js.gz")
