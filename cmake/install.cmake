# Installs headers, libraries and program, and what find_package(rectify COMPONENTS folder...) reads. A component is a folder, and brings the
# folders and packages that it needs, no others.
include(CMakePackageConfigHelpers)

get_property(folders GLOBAL PROPERTY RECTIFY_FOLDERS)
set(package_folder "${CMAKE_INSTALL_LIBDIR}/cmake/rectify")
set(rectify_components "")  # the text of rectifyConfig.cmake that says what each folder needs

foreach(folder IN LISTS folders)
  install(TARGETS rectify_${folder} EXPORT rectify_${folder})
  install(EXPORT rectify_${folder} NAMESPACE rectify:: FILE rectify_${folder}.cmake DESTINATION "${package_folder}")
  install(
    DIRECTORY "${PROJECT_SOURCE_DIR}/rectify/${folder}"
    DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/rectify"
    FILES_MATCHING
    PATTERN "*.h"
    PATTERN "*-inl.h" EXCLUDE
    PATTERN "test_*.h" EXCLUDE
    PATTERN "backend_dnnl.h" EXCLUDE)

  set(needs_${folder} "")
  set(packages "")
  get_target_property(links rectify_${folder} INTERFACE_LINK_LIBRARIES)
  foreach(link IN LISTS links)
    if(link MATCHES "^rectify_([a-z]+)$")
      list(APPEND needs_${folder} ${needs_${CMAKE_MATCH_1}} ${CMAKE_MATCH_1})
    elseif(link MATCHES "([A-Za-z_]+)::[A-Za-z_]+")
      list(APPEND packages ${CMAKE_MATCH_1})
    endif()
  endforeach()
  list(REMOVE_DUPLICATES needs_${folder})
  string(APPEND rectify_components "set(rectify_needs_${folder} ${needs_${folder}})\nset(rectify_packages_${folder} ${packages})\n")
endforeach()
list(JOIN folders " " rectify_folders)

configure_package_config_file(cmake/rectifyConfig.cmake.in "${PROJECT_BINARY_DIR}/rectifyConfig.cmake" INSTALL_DESTINATION "${package_folder}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/rectifyConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/rectifyConfig.cmake" "${PROJECT_BINARY_DIR}/rectifyConfigVersion.cmake" DESTINATION "${package_folder}")
if(TARGET rectify)
  install(TARGETS rectify)
endif()
