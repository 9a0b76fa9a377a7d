-- One row per person, role and unit.
{{ stage('special_equipment', 'role_holders') }}
