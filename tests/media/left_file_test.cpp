#include "media/left_file.hpp"
#include "tests/support/server_process.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/stat.h>

#include <filesystem>
#include <fstream>

using namespace troupe;

BOOST_FIXTURE_TEST_SUITE(left_files_of_programs, test::scratch)

BOOST_AUTO_TEST_CASE(plain_files_are_read) {
  std::ofstream{path() + "/plain"} << "some bytes";
  auto file = media::left_file::open(path() + "/plain");
  BOOST_REQUIRE(file);
  BOOST_TEST(file->size() == 10u);
  BOOST_TEST(file->read(4) == "some");
  BOOST_TEST(file->read_all(100).value() == " bytes");
  BOOST_TEST((media::left_file::open(path() + "/plain")->read_all(9).error().code == errc::too_large));
}

BOOST_AUTO_TEST_CASE(links_pipes_and_folders_are_not) {
  std::filesystem::create_symlink("/etc/passwd", path() + "/link");
  BOOST_REQUIRE(mkfifo((path() + "/pipe").c_str(), 0600) == 0);
  std::filesystem::create_directory(path() + "/folder");
  for (const auto* name : {"/link", "/pipe", "/folder", "/nothing"})
    BOOST_TEST(media::left_file::open(path() + name).has_error(), name);
  BOOST_TEST(media::left_files(path()).empty());
}

BOOST_AUTO_TEST_SUITE_END()
