//! People and rotations from files, as offices write them.

use encoding_rs::GBK;
use gridwatch_roster::*;
use jiff::SignedDuration;
use proptest::prelude::*;

use super::support::*;

const PEOPLE: &str = "\
工号,姓名,电话,角色,网格编码,部门,在职
w1,\"甲网格\"\"01\"\"\",+999 0001,网格员,111,,
w2,乙网格02,,网格员,112,,是
w2,,,网格长,11,,
m1,丙联络01,,联络员,1,医疗,否
";

fn is_grid(code: &GridCode) -> bool {
    ["1", "11", "111", "112"].contains(&code.as_str())
}

fn people_of(file: &[u8], known: &Roster) -> Import<Person> {
    import_people(file, known, is_grid).unwrap()
}

fn rotations_of(file: &str, known: &Roster) -> Import<RosterEntry> {
    import_rotations(file.as_bytes(), known, is_grid, &id("office"), at("2026-03-01T00:00:00Z")).unwrap()
}

fn outcomes<T>(import: &Import<T>) -> Vec<(u64, Outcome)> {
    import.accepted.iter().map(|imported| (imported.row, imported.outcome)).collect()
}

fn sentences<T>(import: &Import<T>, language: Language) -> Vec<String> {
    import.problems.iter().map(|problem| problem.sentence(language)).collect()
}

fn empty() -> Roster {
    roster(&[], vec![])
}

#[test]
fn people_are_read_with_all_their_roles() {
    let import = people_of(PEOPLE.as_bytes(), &empty());
    assert_eq!((import.rows, import.problems.len(), import.refused.len()), (4, 0, 0));
    assert_eq!(outcomes(&import), [(2, Outcome::Added), (3, Outcome::Added), (5, Outcome::Added)]);
    let role = |role, grid| RoleBinding { role, grid: code(grid) };
    let [first, second, third] = [0, 1, 2].map(|place| import.accepted[place].value.clone());
    assert_eq!((first.name.as_str(), first.active), ("甲网格\"01\"", true));
    assert_eq!(first.phone.unwrap().as_str(), "+999 0001");
    assert_eq!(second.roles, [role(Role::GridWorker, "112"), role(Role::GridLeader, "11")]);
    let department = Name::new("医疗").unwrap();
    assert_eq!((third.roles, third.active), (vec![role(Role::Liaison { department }, "1")], false));
}

#[test]
fn the_encoding_is_found_out() {
    let expected = people_of(PEOPLE.as_bytes(), &empty());
    let marked = [b"\xEF\xBB\xBF", PEOPLE.as_bytes()].concat();
    let wide: Vec<u8> = PEOPLE.encode_utf16().fold(vec![0xFF, 0xFE], |mut bytes, unit| {
        bytes.extend(unit.to_le_bytes());
        bytes
    });
    let windows = PEOPLE.replace('\n', "\r\n");
    let old = PEOPLE.replace('\n', "\r");
    for file in [old.as_bytes(), &marked[..], &GBK.encode(PEOPLE).0, &GBK.encode(&windows).0, &wide] {
        assert_eq!(people_of(file, &empty()), expected);
    }
}

#[test]
fn headers_may_be_english_in_any_order_and_roles_in_either_language() {
    let file = "Grid Code,ROLE,Name, ID \n11,Grid Leader,甲,a\n11,grid_leader,乙,b\n11,网格长,丙,c\n,,丁,d\n";
    let import = people_of(file.as_bytes(), &empty());
    assert_eq!(import.problems, []);
    let roles: Vec<&[RoleBinding]> =
        import.accepted.iter().map(|imported| imported.value.roles.as_slice()).collect();
    let leader = RoleBinding { role: Role::GridLeader, grid: code("11") };
    let leads = std::slice::from_ref(&leader);
    assert_eq!(roles, [leads, leads, leads, &[]]);
}

#[test]
fn everything_that_is_wrong_is_told_at_once_and_the_rest_can_be_taken() {
    let file = "\
编号,姓名,电话,角色,网格编码,部门,在职,星座
w1,甲,,网格员,111,,,
,乙,,网格员,111,,,

w3,,12,队长,999,,也许,
w4,丁,,联络员,1,,,
w5,戊,,网格员,111,,,
w5,己,,网格长,,,,
w6,庚,,网格员,111,,,,多
";
    let import = people_of(file.as_bytes(), &empty());
    assert_eq!(outcomes(&import), [(2, Outcome::Added)]);
    assert_eq!((import.rows, &import.refused[..]), (7, &["w3", "w4", "w5", "w6"].map(str::to_owned)[..]));
    let zh = [
        "第 1 行：不认识的列“星座”，已忽略；请核对列名。",
        "第 3 行“编号”：不能为空。",
        "第 5 行“姓名”：不能为空。",
        "第 5 行“电话”：不是电话号码：只能有数字、空格和 + - ( ) # *，至少三位数字。",
        "第 5 行“在职”：“也许”无法识别；应填：是、否。",
        "第 5 行“网格编码”：没有编码为“999”的网格；请核对，或先导入网格。",
        "第 5 行“角色”：“队长”无法识别；应填：值班员、值班长、网格员、网格长、巡逻队员、警务室、中心主任、政法委员、主要负责人、系统管理员、审计员、部门联络员。",
        "第 6 行“部门”：不能为空。",
        "第 8 行“姓名”：与第 7 行（同一编号）不一致；请统一，或留空。",
        "第 8 行“网格编码”：不能为空。",
        "第 9 行：单元格多于表头的列；含逗号的内容请加双引号。",
    ];
    assert_eq!(sentences(&import, Language::Zh), zh);
    let en = sentences(&import, Language::En);
    assert_eq!(en[1], "row 3, id: must not be empty");
    assert_eq!(en[4], "row 5, active: \"也许\" is not understood; allowed: yes, no");
    assert_eq!(en[8], "row 8, name: differs from row 7 with the same id; make them agree, or leave it empty");
}

#[test]
fn rows_are_counted_as_a_spreadsheet_counts_them() {
    let file = "\n编号,姓名,角色,网格编码\r\n\r\nw1,\"甲\n\n乙\",,\r\n,,,\r\n  \r\n\r\n\r\nw2,,,";
    let import = people_of(file.as_bytes(), &empty());
    let rows: Vec<(u64, &RowFault)> =
        import.problems.iter().map(|problem| (problem.row, &problem.fault)).collect();
    assert_eq!(rows, [(4, &RowFault::Text { fault: TextFault::Control }), (9, &RowFault::Missing)]);
}

#[test]
fn the_same_file_twice_changes_nothing_and_an_edited_one_only_what_was_edited() {
    let mut roster = empty();
    for imported in people_of(PEOPLE.as_bytes(), &roster).accepted {
        roster.put_person(imported.value);
    }
    let again = people_of(PEOPLE.as_bytes(), &roster);
    assert!(again.accepted.iter().all(|imported| imported.outcome == Outcome::Unchanged));
    let edited = people_of(PEOPLE.replace("乙网格02", "乙网格03").as_bytes(), &roster);
    assert_eq!(outcomes(&edited), [(2, Outcome::Unchanged), (3, Outcome::Changed), (5, Outcome::Unchanged)]);
    // What the file has no column for, or says nothing of, stays; an empty cell in a column that is there empties.
    let file = "编号,姓名,角色,网格编码\nw1,\"甲网格\"\"01\"\"\",网格员,111\nm1,丙联络02,值班员,1\n";
    let import = people_of(file.as_bytes(), &roster);
    assert_eq!(outcomes(&import), [(2, Outcome::Unchanged), (3, Outcome::Changed)]);
    assert!(!import.accepted[1].value.active, "nobody comes back to work by a file that does not say so");
    let import = people_of(file.replace("网格编码", "网格编码,电话").as_bytes(), &roster);
    assert_eq!(import.accepted[0].value.phone, None);
}

#[test]
fn a_file_that_is_no_such_table_is_refused_with_the_reason() {
    let problem = |file: &[u8]| import_people(file, &empty(), is_grid).unwrap_err();
    assert_eq!(problem(b""), FileProblem::Empty);
    assert_eq!(problem(b"\xFF\xFF\xFF\x80"), FileProblem::Encoding);
    assert_eq!(problem(b"id,name\0,role,grid"), FileProblem::Encoding);
    let columns = vec![Column::Name, Column::Grid];
    let missing = problem("工号,角色".as_bytes());
    assert_eq!(missing, FileProblem::MissingColumns { columns });
    assert_eq!(missing.sentence(Language::Zh), "表头缺少：姓名、网格编码。");
    assert_eq!(missing.to_string(), "the header lacks: name, grid");
    let twice = FileProblem::DuplicateColumn { column: Column::Id };
    assert_eq!(problem("工号,id,姓名,角色,网格".as_bytes()), twice);
    assert!(matches!(problem(&vec![b'a'; 11 * 1024 * 1024]), FileProblem::TooLarge { .. }));
    let mut many = "id,name,role,grid\n".to_owned();
    many.push_str(&"a,b,,\n".repeat(20_001));
    assert!(matches!(problem(many.as_bytes()), FileProblem::TooManyRows { rows_max: 20_000 }));
}

const ROTATIONS: &str = "\
编号,岗位,网格编码,席位,部门,起始日期,周期,周次,星期,开始,结束,人员
r1,主岗,111,,,2026/3/2,2,1,周一至周五,8:00,20:00,w1
r1,,,,,,,1,周一至周五,20:00,8:00,w2、w1
r1,,,,,,,1,\"周六,周日\",0:00,24:00,w2
r1,主岗,111,,,2026年3月2日,,2,每天,00:00,00:00,w2
r2,席位,,1号席,,2026-03-02,,,daily,08:00,08:00,w1
r3,联络员,,,医疗,2026.3.2,,,Mon-Sun,00:00,24:00,m1
";

fn workers() -> Roster {
    roster(&["w1", "w2", "m1"], vec![])
}

#[test]
fn rotations_are_read_by_what_they_mean() {
    let mut roster = workers();
    let import = rotations_of(ROTATIONS, &roster);
    assert_eq!(sentences(&import, Language::Zh), <[String; 0]>::default());
    assert_eq!(outcomes(&import), [(2, Outcome::Added), (6, Outcome::Added), (7, Outcome::Added)]);
    for imported in import.accepted {
        assert_eq!(imported.value.made_by, id("office"));
        roster.put(imported.value).unwrap();
    }
    let primary = Post::grid(&code("111"), Position::Primary);
    let on = |time| names(&roster.on_duty(&primary, at(time))).join(" ");
    assert_eq!(on("2026-03-02T04:00:00Z"), "w1", "Monday noon");
    assert_eq!(on("2026-03-02T18:00:00Z"), "w2 w1", "the night to Tuesday");
    assert_eq!(on("2026-03-08T15:00:00Z"), "w2", "Sunday, 23:00");
    assert_eq!(on("2026-03-09T04:00:00Z"), "w2", "the second week");
    assert_eq!(on("2026-03-16T04:00:00Z"), "w1", "and round again");
    let from = at("2026-03-01T16:00:00Z");
    let gaps = roster.uncovered(roster.posts(), from, from + SignedDuration::from_hours(28 * 24));
    let expected: Vec<(String, String)> =
        [("2026-03-01T16:00:00Z", "2026-03-02T00:00:00Z"), ("2026-03-15T16:00:00Z", "2026-03-16T00:00:00Z")]
            .map(|(from, to)| (from.to_owned(), to.to_owned()))
            .to_vec();
    let seats: Vec<(String, String)> = gaps
        .iter()
        .filter(|gap| gap.post == primary)
        .map(|gap| (gap.from.to_string(), gap.to.to_string()))
        .collect();
    assert_eq!(seats, expected, "Monday before eight, after a week that ends on Sunday at midnight");
}

#[test]
fn the_same_rotations_twice_change_nothing_and_keep_who_made_them() {
    let mut roster = workers();
    for imported in rotations_of(ROTATIONS, &roster).accepted {
        roster.put(RosterEntry { made_by: id("first"), ..imported.value }).unwrap();
    }
    let again = rotations_of(ROTATIONS, &roster);
    assert!(again.accepted.iter().all(|imported| imported.outcome == Outcome::Unchanged));
    assert!(again.accepted.iter().all(|imported| imported.value.made_by == id("first")));
    let edited = rotations_of(&ROTATIONS.replace("1号席", "2号席"), &roster);
    assert_eq!(outcomes(&edited), [(2, Outcome::Unchanged), (6, Outcome::Changed), (7, Outcome::Unchanged)]);
    assert_eq!(edited.accepted[1].value.made_by, id("office"));
}

#[test]
fn a_rotation_is_taken_whole_or_not_at_all() {
    let file = "\
id,post,grid,seat,starts_on,week,weekday,from,to,people
a,primary,111,,2026-03-02,,daily,08:00,20:00,w1
a,backup,111,,2026-03-03,54,someday,25:00,noon,w1
b,primary,,,26-03-02,,daily,08:00,20:00,
c,queen,111,,2026-02-30,0,mon,08:00,20:00,w1
d,seat,,,2026-03-02,,mon,08:00,20:00,w1
e,primary,112,,2026-03-02,,daily,08:00,20:00,w1;ghost
f,primary,111,,2026-03-02,,daily,08:00,20:00,w1
g,backup,111,,2026-03-02,,daily,08:00,20:00,w1
h,backup,111,,2026-03-02,,daily,09:00,20:00,w1
i,shift_lead,,,2026-03-02,,,,,
j,shift_lead,,,2026-04-02,,daily,08:00,20:00,w1,w2
";
    let import = rotations_of(file, &workers());
    assert_eq!(outcomes(&import), [(7 + 1, Outcome::Added), (9, Outcome::Added), (11, Outcome::Added)]);
    assert_eq!(import.refused, ["a", "b", "c", "d", "e", "h", "j"]);
    let en = [
        "row 3, post: differs from row 2 with the same id; make them agree, or leave it empty",
        "row 3, starts_on: differs from row 2 with the same id; make them agree, or leave it empty",
        "row 3, week: \"54\" is not understood; allowed: a whole number from 1 to 53",
        "row 3, weekday: \"someday\" is not understood; allowed: Monday to Sunday, several of them, or daily",
        "row 3, from: \"25:00\" is not understood; allowed: a time such as 08:00",
        "row 3, to: \"noon\" is not understood; allowed: a time such as 08:00",
        "row 4, grid: must not be empty",
        "row 4, starts_on: \"26-03-02\" is not understood; allowed: a date such as 2026-03-02",
        "row 4, people: must not be empty",
        "row 5, post: \"queen\" is not understood; allowed: primary, backup, leader, patrol_pool, police_post, liaison, seat, shift_lead",
        "row 5, starts_on: \"2026-02-30\" is not understood; allowed: a date such as 2026-03-02",
        "row 5, week: \"0\" is not understood; allowed: a whole number from 1 to 53",
        "row 6, seat: must not be empty",
        "row 7: there is nobody with the id \"ghost\"; register the person first",
        "row 10: rotation \"g\" of the same post begins on the same day; change that one",
        "row 12: has more cells than the header has columns; put text with commas into quotes",
    ];
    assert_eq!(sentences(&import, Language::En), en);
    let Plan::Rotation(ended) = &import.accepted[2].value.plan else { panic!("a rotation") };
    assert_eq!(ended.weeks, [Week::default()], "a rotation without shifts ends its post");
}

#[test]
fn days_are_read_as_people_write_them() {
    let days = |text: &str| {
        let file = format!(
            "id,post,starts_on,weekday,from,to,people\na,值班长,2026-03-02,\"{text}\",8:00,9：30,w1\n"
        );
        let import = rotations_of(&file, &workers());
        let entry = import.accepted.first()?.value.clone();
        let Plan::Rotation(rotation) = entry.plan else { return None };
        Some(
            rotation
                .shifts()
                .map(|shift| Weekday::ALL.iter().position(|day| *day == shift.weekday).unwrap() + 1)
                .collect::<Vec<_>>(),
        )
    };
    let expected = [
        ("周一", &[1][..]),
        ("星期天", &[7]),
        ("礼拜三", &[3]),
        ("二", &[2]),
        ("4", &[4]),
        ("SUNDAY", &[7]),
        ("周一、周三；Fri", &[1, 3, 5]),
        ("周六至周一", &[1, 6, 7]),
        ("1-5", &[1, 2, 3, 4, 5]),
        ("一,一", &[1]),
        ("每天", &[1, 2, 3, 4, 5, 6, 7]),
    ];
    for (text, numbers) in expected {
        assert_eq!(days(text).as_deref(), Some(numbers), "{text}");
    }
    for text in ["周八", "0", "8", "周", "周一至", "周一至周二至周三", "一一"] {
        assert_eq!(days(text), None, "{text}");
    }
}

fn csv_cell(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

proptest! {
    /// Whatever is uploaded, the answer is an answer.
    #[test]
    fn no_file_stops_the_reading(bytes in prop::collection::vec(any::<u8>(), 0..400), is_table in any::<bool>()) {
        let file = if is_table { [b"id,name,role,grid,phone\n", &bytes[..]].concat() } else { bytes };
        let _ = import_people(&file, &empty(), is_grid);
        let _ = import_rotations(&file, &empty(), is_grid, &id("office"), at("2026-03-01T00:00:00Z"));
    }

    #[test]
    fn no_cell_stops_the_reading(cells in prop::collection::vec("[\u{20}-~一二三日周至月年：，、0-9]{0,12}", 12)) {
        let row: Vec<String> = cells.iter().map(|cell| csv_cell(cell)).collect();
        let header = ROTATIONS.lines().next().unwrap();
        let import = rotations_of(&format!("{header}\n{}\n", row.join(",")), &workers());
        prop_assert!(import.accepted.is_empty() || import.problems.is_empty());
        for problem in &import.problems {
            prop_assert_eq!(problem.row, 2);
            prop_assert!(!problem.sentence(Language::Zh).is_empty());
        }
    }

    /// People written into a file come back as they were, in either encoding.
    #[test]
    fn people_come_back_as_they_were(
        names in prop::collection::vec("[a-z\"',;一-龥]{1,12}", 1..8),
        roles in prop::collection::vec(0..Role::SIMPLE.len(), 1..4),
        is_gbk in any::<bool>(),
    ) {
        let mut file = "编号,姓名,角色,网格编码\n".to_owned();
        let mut expected = Vec::new();
        for (number, name) in names.iter().enumerate() {
            let mut somebody = person(&format!("p{number}"));
            somebody.name = Name::new(name).unwrap();
            for &role in &roles {
                let role = Role::SIMPLE[role].clone();
                file.push_str(&format!("p{number},{},{},11\n", csv_cell(name), role.label(Language::Zh)));
                let binding = RoleBinding { role, grid: code("11") };
                if !somebody.roles.contains(&binding) {
                    somebody.roles.push(binding);
                }
            }
            expected.push(somebody);
        }
        let bytes = if is_gbk { GBK.encode(&file).0.into_owned() } else { file.into_bytes() };
        let import = people_of(&bytes, &empty());
        prop_assert_eq!(&import.problems, &[]);
        let read: Vec<Person> = import.accepted.into_iter().map(|imported| imported.value).collect();
        prop_assert_eq!(read, expected);
    }
}
