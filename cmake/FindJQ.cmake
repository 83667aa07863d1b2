# Debian ships libjq without a package file. Defines JQ::jq.
find_path(JQ_INCLUDE_DIR jq.h)
find_library(JQ_LIBRARY jq)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(JQ REQUIRED_VARS JQ_LIBRARY JQ_INCLUDE_DIR
  REASON_FAILURE_MESSAGE "install libjq-dev, or run tools/setup")
if(JQ_FOUND AND NOT TARGET JQ::jq)
  add_library(JQ::jq UNKNOWN IMPORTED)
  set_target_properties(JQ::jq PROPERTIES IMPORTED_LOCATION ${JQ_LIBRARY}
    INTERFACE_SYSTEM_INCLUDE_DIRECTORIES ${JQ_INCLUDE_DIR})
endif()
